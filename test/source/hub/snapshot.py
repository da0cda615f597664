"""What Python's own client makes of a hub: python snapshot.py REPOSITORY REVISION FOLDER, with HF_ENDPOINT set. Prints the commit folder's name."""
import os
import sys

from huggingface_hub import HfApi, snapshot_download

repository, revision, folder = sys.argv[1:]
info = HfApi().model_info(repository, revision=revision)
files = sorted(entry.path for entry in HfApi().list_repo_tree(repository, revision=revision, recursive=True) if hasattr(entry, "blob_id"))
path = snapshot_download(repository, revision=revision, local_dir=folder, max_workers=1)
assert os.path.samefile(path, folder)
assert sorted(sibling.rfilename for sibling in info.siblings) == files, (info.siblings, files)
print(info.sha)

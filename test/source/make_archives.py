"""Archives as people's tools make them: python3 make_archives.py FOLDER-OF-FILES FOLDER-FOR-ARCHIVES. Standard library only."""
import os
import sys
import tarfile
import zipfile

source, target = sys.argv[1:]
names = sorted(os.path.relpath(os.path.join(folder, name), source) for folder, _, files in os.walk(source) for name in files)

for label, form in (("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)):
    with tarfile.open(os.path.join(target, f"{label}.tar.gz"), "w:gz", format=form) as archive:
        archive.add(source, arcname=".", filter=lambda entry: None if label == "ustar" and len(entry.name) > 99 else entry)
with tarfile.open(os.path.join(target, "plain.tar"), "w") as archive:
    archive.add(source, arcname="a-folder")

for label, method in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)):
    with zipfile.ZipFile(os.path.join(target, f"{label}.zip"), "w", method) as archive:
        for name in names:
            archive.write(os.path.join(source, name), name)

# as a tool writes that does not know how long a stream will be: 64-bit fields, and sizes behind the content
with zipfile.ZipFile(os.path.join(target, "streamed.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
    for name in names:
        with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as entry, open(os.path.join(source, name), "rb") as content:
            entry.write(content.read())

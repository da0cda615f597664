#!/bin/sh
# Makes the root of the base image in the folder $1 from packages of the Debian (or Ubuntu) that runs this, and from where its apt
# gets them. What is left are libraries, their licenses, and the few files that the C library looks for: no shell, no package manager.
set -eu
umask 022
root=$1
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
sources=$(find /etc/apt -maxdepth 2 \( -name sources.list -o -path '*/sources.list.d/*.list' -o -path '*/sources.list.d/*.sources' \) -size +0)
keep_packages='mkdir -p "$1"/packages && cp "$1"/var/cache/apt/archives/*.deb "$1"/packages'

# shellcheck disable=SC2086 # one argument for each file
mmdebstrap --quiet --variant=extract --include=libc6,libstdc++6,libgcc-s1 --format=directory --extract-hook="$keep_packages" "$codename" "$root" $sources
cd "$root"

# Where /lib moved into /usr, the links are another package's.
for folder in lib lib64; do [ -e "$folder" ] || [ ! -e "usr/$folder" ] || ln -s "usr/$folder" "$folder"; done

# For scanners: which packages are in here. Nothing is installed by dpkg, so its own list is empty.
mkdir -p var/lib/dpkg/status.d
for package in packages/*.deb; do
  dpkg-deb --field "$package" >"var/lib/dpkg/status.d/$(dpkg-deb --field "$package" Package)"
done
cp /etc/os-release etc/os-release

find usr/share/doc -type f ! -name copyright -delete
find usr -type d \( -name gconv -o -path 'usr/share/locale' -o -path 'usr/share/man' -o -path 'usr/share/lintian' -o -path 'usr/share/gdb' -o -path 'usr/share/gcc' \) -prune -exec rm -rf {} +
rm -rf packages dev var/cache var/lib/apt var/log etc/apt etc/dpkg etc/fstab etc/hostname etc/resolv.conf # the last two are this machine's
find . \( -name 'libc_malloc_debug.so*' -o -name libmemusage.so -o -name libpcprofile.so -o -name 'libthread_db.so*' \) -delete # for debuggers

mkdir -p etc tmp dev proc sys run home
chmod 1777 tmp
printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin\n' >etc/passwd
printf 'root:x:0:\nnonroot:x:65532:\n' >etc/group
printf 'hosts: files dns\n' >etc/nsswitch.conf
find . -depth -type d -empty -path './usr/*' -delete

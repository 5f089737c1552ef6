#!/usr/bin/env bash
# Unpacks Mesa's lavapipe, a Vulkan driver on the processor that has float16 and matrix instructions, for tests of backend-webgpu without a GPU.
# Installs nothing: a tree of Debian packages with their own C library in .cache/lavapipe, which only those tests look at. Needs Debian's apt
# and its archive keyring; about 100 MB to download.
#
#   scripts/unpack-lavapipe.sh [directory]
set -euo pipefail
cd "$(dirname "$0")/.."
tree="${1:-.cache/lavapipe}"
[ -e "$tree/lavapipe.json" ] && exit 0
mkdir -p "$tree"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists/partial,archives/partial}
: >"$work/status"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
for suite in trixie trixie-backports; do echo "deb [signed-by=$keyring] http://deb.debian.org/debian $suite main"; done >"$work/sources.list"
apt=(apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null
  -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" -o Dir::Cache="$work" -o Dir::Cache::archives="$work/archives"
  -o APT::Sandbox::User=root)
"${apt[@]}" update
"${apt[@]}" install --download-only -y --no-install-recommends -t trixie-backports mesa-vulkan-drivers libvulkan1 libstdc++6 libatomic1 >/dev/null
for package in "$work"/archives/*.deb; do dpkg -x "$package" "$tree"; done
# The driver by its full path, so that the loader finds it in the tree.
library="$(cd "$tree" && pwd)/usr/lib/$(uname -m)-linux-gnu"
printf '{ "file_format_version": "1.0.1", "ICD": { "api_version": "1.4.0", "library_path": "%s/libvulkan_lvp.so" } }\n' "$library" >"$tree/lavapipe.json"

#!/usr/bin/env bash
# Unpacks Mesa's lavapipe, a Vulkan driver on the processor that has float16 and matrix instructions, for tests of backend-webgpu without a GPU.
# Installs nothing: a tree of Debian packages with their own C library in .cache/lavapipe, which only those tests look at. Needs Debian's apt
# and its archive keyring; about 100 MB to download.
#
#   scripts/unpack-lavapipe.sh [directory]
#   MARCO_LAVAPIPE_NODE="$(command -v node)" .cache/lavapipe/node program.js
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
mirror="$(apt-get indextargets --format '$(REPO_URI)' | head -n 1)" # where this machine's own packages come from
for suite in trixie trixie-backports; do echo "deb [signed-by=$keyring] $mirror $suite main"; done >"$work/sources.list"
apt=(apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null
  -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" -o Dir::Cache="$work" -o Dir::Cache::archives="$work/archives"
  -o APT::Sandbox::User=root)
"${apt[@]}" update
"${apt[@]}" install --download-only -y --no-install-recommends -t trixie-backports mesa-vulkan-drivers libvulkan1 libstdc++6 libatomic1 >/dev/null
for package in "$work"/archives/*.deb; do dpkg -x "$package" "$tree"; done
root="$(cd "$tree" && pwd)"
library="$root/usr/lib/$(uname -m)-linux-gnu"
# Node on that C library, since the driver is linked with it; programs that Node starts as itself go through here again.
cat >"$root/node" <<EOF
#!/usr/bin/env bash
export VK_ICD_FILENAMES="$root/lavapipe.json" LD_LIBRARY_PATH= NODE_OPTIONS="--import=data:text/javascript,process.execPath='$root/node'"
exec "$(ls "$library"/ld-linux-*.so.*)" --library-path "$library" "\${MARCO_LAVAPIPE_NODE:?must name the Node that runs}" "\$@"
EOF
chmod +x "$root/node"
# The driver by its full path, so that the loader finds it in the tree; written last, so that it stands for the whole.
printf '{ "file_format_version": "1.0.1", "ICD": { "api_version": "1.4.0", "library_path": "%s/libvulkan_lvp.so" } }\n' "$library" >"$root/lavapipe.json"

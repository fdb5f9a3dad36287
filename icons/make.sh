#!/usr/bin/env bash
# Renders every icon from the drawings beside this file. The results are committed: run it after
# changing a drawing. Needs rsvg-convert (librsvg2-bin), python3, and node: the Tauri CLI makes the .icns.
set -euo pipefail
cd "$(dirname "$0")"

render() { rsvg-convert --width "$3" --height "$3" "$1" --output "$2"; }

for size in 16 24 32; do render bellwire-small.svg "$size.png" "$size"; done
for size in 48 64 128 256 512 1024; do render bellwire.svg "$size.png" "$size"; done
# The names the bundler and the window expect.
cp 32.png 32x32.png
cp 128.png 128x128.png
cp 256.png 128x128@2x.png
cp 512.png icon.png

for state in idle missed in-call muted offline quiet; do
  for size in 16 22 24 32 44; do
    # Black with alpha: a template image on macOS, the right choice on light panels elsewhere.
    render "tray/$state.svg" "tray/$state-$size.png" "$size"
    # White with alpha, for dark panels. Masks use #000 and #fff too, so only shapes are recoloured.
    sed -e '/<mask/!s/stroke="#000"/stroke="#fff"/g' -e 's/viewBox="0 0 32 32">/viewBox="0 0 32 32" fill="#fff">/' \
      "tray/$state.svg" > "tray/.light.svg"
    sed -i -e '/<mask/s/<mask /<mask fill="#000" /' tray/.light.svg
    render tray/.light.svg "tray/$state-light-$size.png" "$size"
  done
done
rm -f tray/.light.svg

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npx --yes @tauri-apps/cli@2.12.5 icon 1024.png --output "$work" >/dev/null
cp "$work/icon.icns" .

# The .ico is packed here, so that its small sizes come from the small drawing.
python3 - <<'PACK'
import struct
sizes = [16, 24, 32, 48, 64, 128, 256]
images = [open(f"{size}.png", "rb").read() for size in sizes]
offset = 6 + 16 * len(sizes)
entries = b""
for size, image in zip(sizes, images):
    entries += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(image), offset)
    offset += len(image)
with open("icon.ico", "wb") as file:
    file.write(struct.pack("<HHH", 0, 1, len(sizes)) + entries + b"".join(images))
PACK
echo "icons rendered"

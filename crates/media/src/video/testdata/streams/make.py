#!/usr/bin/env python3
"""Makes the streams that `../../tests/streams` replays, from the sample film and the sample voice.

Needs ffmpeg with libx264, libvpx and libopus; run it after a change, the results are committed. Each picture
carries its number in black and white squares (`../../pattern.rs` reads it). A stream is an IVF file whatever its
codec: one record for each access unit, with its time in ticks of the RTP clock. Standard library only.
"""

import pathlib
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
ASSETS = HERE.parents[5] / "assets" / "media"
FILM, VOICE = ASSETS / "big-buck-bunny-720p25.mp4", ASSETS / "voice-22s-48k.wav"
RATE = {"H264": 90_000, "VP80": 90_000, "OPUS": 48_000}
# Of a record: the squares of a picture's number, as pattern.rs draws them.
COLUMNS, ROWS, BLACK, WHITE = 8, 4, 16, 235


def raw(size, first, count, fps=25):
    """I420 pictures of the film, numbered from `first`; flat grey ones where the size is huge."""
    width, height = size
    flat = width > 2000
    if flat:
        pictures = bytes([128]) * (width * height * 3 // 2 * count)
    else:
        pictures = subprocess.run(
            ["ffmpeg", "-v", "error", "-i", FILM, "-vf", f"fps={fps},scale={width}:{height}", "-frames:v", str(count),
             "-pix_fmt", "yuv420p", "-f", "rawvideo", "-"], check=True, capture_output=True).stdout
    chroma = (width + 1) // 2 * ((height + 1) // 2)
    length = width * height + 2 * chroma
    out = bytearray(pictures)
    for index in range(count):
        number = first + index
        check = ((number >> 16 & 255) * 31 & 255) ^ ((number >> 8 & 255) * 17 & 255) ^ (number & 255) ^ 0xA5
        bits = number << 8 | check
        # The decoder leaves out the last column and row of odd sizes.
        w, h = (width & ~1) // 16, (height & ~1) // 12
        for square in range(COLUMNS * ROWS):
            left, top = square % COLUMNS * w, square // COLUMNS * h
            luma = WHITE if bits >> (31 - square) & 1 else BLACK
            for row in range(top, top + h):
                at = index * length + row * width + left
                out[at:at + w] = bytes([luma]) * w
        for plane in range(2):
            for row in range(ROWS * h // 2 + 1):
                at = index * length + width * height + plane * chroma + row * ((width + 1) // 2)
                out[at:at + COLUMNS * w // 2 + 1] = bytes([128]) * (COLUMNS * w // 2 + 1)
    return bytes(out)


def encode(source, arguments, rate, stdin=None):
    """Access units with their times, as the encoder gave them."""
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "data"
        table = pathlib.Path(folder) / "table"
        command = ["ffmpeg", "-v", "error", "-y", *source]
        for name, kind in ((data, "data"), (table, "framecrc")):
            command += ["-map", "0:0", *arguments, "-threads", "1", "-flags", "+bitexact", "-f", kind, str(name)]
        subprocess.run(command, check=True, input=stdin)
        units, all_data, base = [], data.read_bytes(), 1
        for line in table.read_text().splitlines():
            if line.startswith("#tb"):
                top, bottom = line.split()[-1].split("/")
                base = rate * int(top) / int(bottom)
            elif not line.startswith("#"):
                fields = [field.strip() for field in line.split(",")]
                size = int(fields[4])
                units.append((round(int(fields[2]) * base), all_data[:size]))
                all_data = all_data[size:]
        assert not all_data, "the two runs differ"
        return units


def video(codec, arguments, size=(160, 90), first=0, count=18, fps=25):
    source = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{size[0]}x{size[1]}", "-r", str(fps), "-i", "-"]
    units = encode(source, ["-c:v", codec, *arguments.split()], 90_000, raw(size, first, count, fps))
    return [(time + first * 90_000 // fps, data) for time, data in units]


def x264(profile, options="", arguments="", **more):
    options = ":".join(filter(None, [options, "scenecut=0:keyint=9" if "keyint" not in options else "scenecut=0"]))
    profile = f"-profile:v {profile}" if profile else ""
    return video("libx264", f"{profile} -crf 34 -preset medium -x264-params {options} {arguments}", **more)


def vp8(arguments="", **more):
    quality = "" if "-deadline" in arguments else "-deadline good"
    rate = "" if "-b:v" in arguments else "-crf 40 -b:v 200k"
    return video("libvpx", f"{rate} -g 9 {quality} -cpu-used 2 {arguments}", **more)


def units_of(data):
    """NAL units of an access unit, with start codes."""
    starts = [at for at in range(len(data) - 2) if data[at:at + 3] == b"\0\0\1"]
    starts = [at - 1 if at and data[at - 1] == 0 else at for at in starts]
    return [data[a:b] for a, b in zip(starts, starts[1:] + [len(data)])]


def kind(unit):
    return unit[4 if unit[2] == 0 else 3] & 31


def sets_once(stream):
    """Parameter sets before the first picture only."""
    rest = [(t, b"".join(u for u in units_of(d) if kind(u) not in (7, 8))) for t, d in stream[1:]]
    return stream[:1] + rest


def sets_always(stream):
    """Parameter sets before each picture, key frame or not."""
    sets = b"".join(u for u in units_of(stream[0][1]) if kind(u) in (7, 8))
    return [(t, d if any(kind(u) == 7 for u in units_of(d)) else sets + d) for t, d in stream]


def without_messages(stream):
    """Without supplemental information, such as recovery points."""
    return [(t, b"".join(u for u in units_of(d) if kind(u) != 6)) for t, d in stream]


def voice(arguments, seconds=1.6, channels=1):
    source = ["-t", str(seconds), "-i", str(VOICE)]
    return encode(source, ["-c:a", "libopus", "-ac", str(channels), *arguments.split()], 48_000)


def opus(frame, arguments="-b:a 24k", **more):
    return voice(f"-frame_duration {frame} {arguments}", **more)


B = "bframes=0"
STREAMS = {
    # H.264: profiles and tools.
    "h264-baseline": lambda: x264("baseline"),
    "h264-baseline-refs": lambda: x264("baseline", "ref=4:keyint=60"),
    "h264-main": lambda: x264("main", B),
    "h264-main-cavlc": lambda: x264("main", B + ":cabac=0:weightp=2"),
    "h264-main-b": lambda: x264("main", "bframes=2:b-adapt=0:b-pyramid=none"),
    "h264-high": lambda: x264("high", B),
    "h264-high-b": lambda: x264("high", "bframes=3:b-adapt=0:b-pyramid=normal:keyint=18"),
    "h264-high-b-adaptive": lambda: x264("high", "bframes=3:b-adapt=2:keyint=18"),
    "h264-zerolatency": lambda: x264("high", "keyint=9", "-tune zerolatency"),
    "h264-constrained-intra": lambda: x264("main", B + ":constrained-intra=1"),
    "h264-no-deblocking": lambda: x264("high", B + ":no-deblock=1"),
    "h264-intra-only": lambda: x264("high", "keyint=1"),
    "h264-slices": lambda: x264("baseline", "slices=4"),
    "h264-slices-b": lambda: x264("high", "slices=3:bframes=2:b-adapt=0"),
    "h264-small-slices": lambda: x264("high", B + ":slice-max-size=200"),
    # H.264: how a stream begins and goes on.
    "h264-one-key": lambda: x264("high", B + ":keyint=60"),
    "h264-intra-refresh": lambda: x264("baseline", "intra-refresh=1:keyint=8", count=30),
    "h264-intra-refresh-high": lambda: x264("high", B + ":intra-refresh=1:keyint=8", count=30),
    "h264-open-gop": lambda: x264("high", "open-gop=1:keyint=6:bframes=2:b-adapt=0", count=24),
    "h264-plain-i": lambda: without_messages(x264("high", B + ":open-gop=1:keyint=6", count=24)),
    "h264-aud": lambda: x264("high", B + ":aud=1"),
    "h264-sei": lambda: x264("high", B + ":nal-hrd=vbr:vbv-maxrate=400:vbv-bufsize=400:pic-struct=1"),
    "h264-sets-once": lambda: sets_once(x264("main", B)),
    "h264-sets-always": lambda: sets_always(x264("main", B)),
    "h264-sets-changed": lambda: x264("main", B + ":ref=1", count=9)
    + x264("high", B + ":ref=4:8x8dct=1", first=9, count=9),
    "h264-sets-id": lambda: x264("main", B + ":sps-id=5"),
    "h264-size-baseline": lambda: x264("baseline", count=9) + x264("baseline", size=(96, 128), first=9, count=9),
    "h264-size-main": lambda: x264("main", B, count=9) + x264("main", B, size=(96, 128), first=9, count=9),
    "h264-size-high-b": lambda: x264("high", "bframes=2:b-adapt=0", count=9)
    + x264("high", "bframes=2:b-adapt=0", size=(96, 128), first=9, count=9),
    # H.264: shapes and colours.
    "h264-cropped": lambda: x264("high", B, size=(150, 86)),
    "h264-portrait": lambda: x264("high", B, size=(90, 160)),
    "h264-small": lambda: x264("baseline", size=(48, 48)),
    "h264-full-range": lambda: x264("high", B + ":fullrange=on"),
    "h264-grey": lambda: x264("high", B, "-pix_fmt gray"),
    "h264-60fps": lambda: x264("high", B, fps=50),
    # H.264: what openh264 does not decode.
    "h264-10-bit": lambda: x264("high10", B, "-pix_fmt yuv420p10le"),
    "h264-422": lambda: x264("high422", B, "-pix_fmt yuv422p"),
    "h264-444": lambda: x264("high444", B, "-pix_fmt yuv444p"),
    "h264-interlaced": lambda: x264("high", B + ":tff=1", size=(160, 96)),
    "h264-fake-interlaced": lambda: x264("high", B + ":fake-interlaced=1", size=(160, 96)),
    "h264-lossless": lambda: x264("", B + ":qp=0", count=4),
    "h264-huge": lambda: x264("high", B, size=(5120, 2880), count=2),
    # VP8.
    "vp8": lambda: vp8(),
    "vp8-realtime": lambda: vp8("-deadline realtime -b:v 100k"),
    "vp8-altref": lambda: vp8("-auto-alt-ref 1 -lag-in-frames 10 -arnr-maxframes 5 -g 60", count=30),
    "vp8-error-resilient": lambda: vp8("-error-resilient 1"),
    "vp8-partitions": lambda: vp8("-slices 8 -error-resilient 2"),
    "vp8-layers": lambda: vp8("-deadline realtime -error-resilient 1 -b:v 200k -ts-parameters "
                              "ts_number_layers=3:ts_target_bitrate=60,120,200:ts_rate_decimator=4,2,1:"
                              "ts_periodicity=4:ts_layer_id=0,2,1,2:ts_layering_mode=3"),
    "vp8-profile-3": lambda: vp8("-profile:v 3"),
    "vp8-odd": lambda: vp8(size=(161, 91)),
    "vp8-portrait": lambda: vp8(size=(90, 160)),
    "vp8-size": lambda: vp8(count=9) + vp8(size=(96, 128), first=9, count=9),
    "vp8-huge": lambda: vp8(size=(5120, 2880), count=2),
    # Opus.
    "opus-2.5": lambda: opus(2.5, seconds=0.8),
    "opus-5": lambda: opus(5),
    "opus-10": lambda: opus(10),
    "opus-20": lambda: opus(20),
    "opus-40": lambda: opus(40),
    "opus-60": lambda: opus(60),
    "opus-80": lambda: opus(80),
    "opus-100": lambda: opus(100),
    "opus-120": lambda: opus(120),
    "opus-stereo": lambda: opus(20, "-b:a 48k", channels=2),
    "opus-cbr": lambda: opus(20, "-b:a 24k -vbr off"),
    "opus-narrow": lambda: opus(20, "-application voip -b:a 8k -cutoff 4000"),
    "opus-hybrid": lambda: opus(20, "-application voip -b:a 32k"),
    "opus-low-delay": lambda: opus(10, "-application lowdelay -b:a 48k"),
    "opus-redundant": lambda: opus(20, "-application voip -b:a 24k -fec 1 -packet_loss 20"),
}


def main():
    wanted = sys.argv[1:] or STREAMS
    for name in wanted:
        codec = {"h264": "H264", "vp8": "VP80", "opus": "OPUS"}[name.split("-")[0]]
        stream = STREAMS[name]()
        out = [struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, codec.encode(), 0, 0, RATE[codec], 1, len(stream), 0)]
        out += [struct.pack("<Iq", len(data), time) + data for time, data in stream]
        data = b"".join(out)
        assert len(data) < 60_000, f"{name} has {len(data)} bytes"
        (HERE / f"{name}.ivf").write_bytes(data)
        print(f"{name:28} {len(stream):4} records {len(data):6} bytes")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Makes every tone Bellwire plays, from sine waves. Our own work: no samples, no licence but the project's.

48 kHz, mono, 16 bit, peak -6 dBFS. Tones marked "loop" end in silence, so that they repeat without a click.
Run it after a change; the results are committed. Standard library only.
"""

import array
import math
import pathlib
import sys
import wave

RATE = 48_000
PEAK = 10 ** (-6 / 20)
HERE = pathlib.Path(__file__).parent

# Ratio, strength and decay time (seconds) of the partials of a small struck bell.
BELL = [(0.5, 0.25, 0.9), (1.0, 1.0, 0.8), (2.0, 0.45, 0.45), (3.01, 0.2, 0.25), (4.2, 0.12, 0.15)]
MARIMBA = [(1.0, 1.0, 0.45), (3.9, 0.3, 0.12), (9.2, 0.08, 0.04)]
GLASS = [(1.0, 1.0, 1.3), (2.32, 0.35, 0.7), (4.25, 0.15, 0.35)]
WOOD = [(1.0, 1.0, 0.28), (4.0, 0.18, 0.06), (10.0, 0.05, 0.02)]


def silence(seconds):
    return [0.0] * round(seconds * RATE)


def strike(into, at, pitch, partials, strength=1.0):
    """Adds one struck note: 4 ms attack, every partial dying at its own pace."""
    start = round(at * RATE)
    for ratio, level, decay in partials:
        step = 2 * math.pi * pitch * ratio / RATE
        length = min(len(into) - start, round(decay * 7 * RATE))
        for n in range(length):
            attack = min(1.0, n / (0.004 * RATE))
            into[start + n] += strength * level * attack * math.exp(-n / (decay * RATE)) * math.sin(step * n)


def hum(into, at, seconds, pitches):
    """Adds a steady tone with 20 ms raised-cosine ends."""
    start, count, ramp = round(at * RATE), round(seconds * RATE), round(0.02 * RATE)
    for n in range(count):
        edge = min(n, count - 1 - n, ramp) / ramp
        gain = 0.5 - 0.5 * math.cos(math.pi * edge)
        into[start + n] += gain * sum(math.sin(2 * math.pi * p * n / RATE) for p in pitches)


def note(semitones_from_a4):
    return 440.0 * 2 ** (semitones_from_a4 / 12)


def ringtone():
    """Loop, 4 s: a rising figure on a small bell, answered, then a rest."""
    out = silence(4.0)
    figure = [(0.00, 0), (0.16, 4), (0.32, 7), (0.48, 12), (0.80, 7), (0.96, 12)]
    for at, pitch in figure:
        strike(out, at, note(pitch + 3), BELL)
    for at, pitch in figure:
        strike(out, 1.44 + at, note(pitch + 1), BELL, 0.85)
    return out


def ringtone_soft():
    """Loop, 4 s: the same idea on wood, for quiet rooms."""
    out = silence(4.0)
    for at, pitch in [(0.0, 0), (0.2, 7), (0.4, 4), (0.8, 9), (1.0, 7), (1.6, 0), (1.8, 7), (2.0, 12)]:
        strike(out, at, note(pitch), WOOD)
    return out


def ringtone_marimba():
    """Loop, 3.6 s: a syncopated run on a marimba."""
    out = silence(3.6)
    run = [(0, 0), (1, 7), (2, 12), (3, 7), (5, 9), (6, 4), (8, 7), (10, 12), (11, 16)]
    for step, pitch in run:
        strike(out, step * 0.15, note(pitch - 5), MARIMBA, 1.0 if step % 4 == 0 else 0.8)
    return out


def ringtone_chime():
    """Loop, 4 s: three glasses, far apart; hard to overhear and hard to be startled by."""
    out = silence(4.0)
    for at, pitch in [(0.0, 12), (0.55, 7), (1.1, 16)]:
        strike(out, at, note(pitch), GLASS)
    return out


def ringtone_phone():
    """Loop, 3 s: a telephone's warble, twice, for noisy rooms."""
    out = silence(3.0)
    for ring in (0.0, 0.9):
        for beat in range(14):
            hum(out, ring + beat * 0.045, 0.045, [950.0 if beat % 2 else 1150.0])
    return out


def ringback():
    """Loop, 5 s: what a caller hears, 425 Hz with a soft octave, one second on, four off."""
    out = silence(5.0)
    hum(out, 0.05, 1.0, [425.0, 425.0 * 1.003])
    return out


def waiting():
    """Loop, 4 s: two discreet taps while another call goes on."""
    out = silence(4.0)
    strike(out, 0.02, note(12), WOOD)
    strike(out, 0.22, note(12), WOOD, 0.8)
    return out


def connected():
    """Once: the call stands."""
    out = silence(0.7)
    strike(out, 0.0, note(3), WOOD)
    strike(out, 0.11, note(10), WOOD)
    return out


def end():
    """Once: the call is over."""
    out = silence(1.0)
    for at, pitch in [(0.0, 7), (0.14, 3), (0.28, -2)]:
        strike(out, at, note(pitch), WOOD)
    return out


def busy():
    """Loop, 1 s: 425 Hz, half a second on, half off."""
    out = silence(1.0)
    hum(out, 0.0, 0.48, [425.0])
    return out


def test_tone():
    """Once: a scale step for "play a test sound"."""
    out = silence(2.0)
    for at, pitch in [(0.0, 0), (0.25, 4), (0.5, 7), (0.75, 12)]:
        strike(out, at, note(pitch), BELL)
    return out


def write(name, samples):
    # The last 20 ms fade to nothing: a tail that rings on must not click where the loop starts again.
    fade = round(0.02 * RATE)
    for n in range(fade):
        samples[-1 - n] *= n / fade
    loudest = max(abs(s) for s in samples)
    pcm = array.array("h", (round(s / loudest * PEAK * 32767) for s in samples))
    if sys.byteorder == "big":
        pcm.byteswap()
    with wave.open(str(HERE / f"{name}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm.tobytes())
    print(f"{name}.wav  {len(samples) / RATE:.2f} s")


if __name__ == "__main__":
    for name, make in [
        ("ringtone", ringtone),
        ("ringtone-soft", ringtone_soft),
        ("ringtone-marimba", ringtone_marimba),
        ("ringtone-chime", ringtone_chime),
        ("ringtone-phone", ringtone_phone),
        ("ringback", ringback),
        ("waiting", waiting),
        ("connected", connected),
        ("end", end),
        ("busy", busy),
        ("test-tone", test_tone),
    ]:
        write(name, make())

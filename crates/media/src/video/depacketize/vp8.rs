//! VP8 depacketizer (RFC 7741): removes the payload descriptor.

use super::Part;

/// What the payload descriptor says, and where the frame's bytes begin.
struct Descriptor<'a> {
    /// Start of a VP8 partition.
    start: bool,
    partition: u8,
    body: &'a [u8],
}

fn parse(payload: &[u8]) -> Option<Descriptor<'_>> {
    let (&first, mut rest) = payload.split_first()?;
    let mut skip = |count: usize| -> Option<&[u8]> {
        let (skipped, after) = rest.split_at_checked(count)?;
        rest = after;
        Some(skipped)
    };
    if first & 0x80 != 0 {
        let extension = skip(1)?[0];
        if extension & 0x80 != 0 && skip(1)?[0] & 0x80 != 0 {
            // The picture id has fifteen bits.
            skip(1)?;
        }
        if extension & 0x40 != 0 {
            skip(1)?;
        }
        if extension & 0x30 != 0 {
            skip(1)?;
        }
    }
    (!rest.is_empty()).then_some(Descriptor { start: first & 0x10 != 0, partition: first & 0x07, body: rest })
}

pub(super) fn inspect(payload: &[u8]) -> Part {
    let Some(descriptor) = parse(payload) else { return Part::EMPTY };
    let starts = descriptor.start && descriptor.partition == 0;
    // The lowest bit of a frame is 0 for a key frame (RFC 6386 9.1).
    let key = starts && descriptor.body[0] & 1 == 0;
    Part { starts, key, slice: true, inter: true, continues: !starts, ..Part::default() }
}

pub(super) fn join<'a>(payloads: impl Iterator<Item = &'a [u8]>, out: &mut Vec<u8>) {
    for descriptor in payloads.filter_map(parse) {
        out.extend_from_slice(descriptor.body);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn descriptors_of_all_lengths_are_taken_off() {
        for (payload, starts, key) in [
            (&[0x10, 0x00, 1][..], true, true),
            (&[0x10, 0x01, 1], true, false),
            (&[0x00, 0x00, 1], false, false),
            (&[0x11, 0x00, 1], false, false),
            (&[0x90, 0x80, 0x11, 0x00, 1], true, true),
            (&[0x90, 0x80, 0x91, 0x11, 0x00, 1], true, true),
            (&[0x90, 0xe0, 0x91, 0x11, 7, 0x60, 0x01, 1], true, false),
            (&[0x90, 0x10, 0x61, 0x00, 1], true, true),
        ] {
            let part = inspect(payload);
            assert_eq!((part.starts, part.key, part.empty), (starts, key, false), "{payload:?}");
            let mut out = Vec::new();
            join(std::iter::once(payload), &mut out);
            assert_eq!(out.len(), 2, "{payload:?}");
        }
        for payload in
            [&[][..], &[0x10], &[0x90], &[0x90, 0x80], &[0x90, 0x80, 0x91, 1], &[0x90, 0xf0, 1, 2, 3]]
        {
            assert!(inspect(payload).empty, "{payload:?}");
        }
    }

    proptest! {
        #[test]
        fn hostile_payloads_only_ever_shrink(payload in proptest::collection::vec(any::<u8>(), 0..40)) {
            inspect(&payload);
            let mut out = Vec::new();
            join(std::iter::once(payload.as_slice()), &mut out);
            prop_assert!(payload.ends_with(&out));
        }
    }
}

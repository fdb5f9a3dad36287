//! Edit list of an MP4 track: which part is played, and when (ISO/IEC 14496-12, 8.6.6).

use re_mp4::{Mp4, TrakBox};

/// Nanoseconds.
pub(crate) type Time = i64;

/// A part of the track that is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edit {
    /// When it begins in presentation time.
    shown: Time,
    /// Start in the track.
    media: Time,
    /// Where it ends in the track.
    end: Time,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EditList {
    parts: Vec<Edit>,
}

/// A span of a track in presentation time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) at: Time,
    /// What of its beginning is cut off.
    pub(crate) cut: Time,
    /// How long it is then.
    pub(crate) length: Time,
}

/// Ticks as nanoseconds.
pub(crate) fn time(ticks: i64, per_second: u64) -> Time {
    let nanos = i128::from(ticks) * 1_000_000_000 / i128::from(per_second.max(1));
    Time::try_from(nanos).unwrap_or(if nanos < 0 { Time::MIN / 4 } else { Time::MAX / 4 })
}

impl EditList {
    /// Everything in a track, as if it began at `origin`.
    pub(crate) fn none(origin: Time) -> Self {
        Self { parts: vec![Edit { shown: 0, media: origin, end: Time::MAX / 2 }] }
    }

    /// The edits of a track. Its times count from `first`, in ticks, where the parser has them count from 0.
    pub(crate) fn of(mp4: &Mp4, trak: &TrakBox, first: i64) -> Option<Self> {
        let list = trak.edts.as_ref().and_then(|edits| edits.elst.as_ref())?;
        let (film, media) = (mp4.moov.mvhd.timescale.into(), trak.mdia.mdhd.timescale.into());
        let entries = list.entries.iter().map(|entry| (entry.segment_duration, entry.media_time));
        Self::from_list(&entries.collect::<Vec<_>>(), list.version, film, (media, first))
    }

    /// Of entries of a length and a beginning.
    fn from_list(list: &[(u64, u64)], version: u8, film: u64, (media, first): (u64, i64)) -> Option<Self> {
        let (mut parts, mut shown) = (Vec::new(), 0);
        for &(length, begin) in list {
            let length = time(i64::try_from(length).unwrap_or(i64::MAX), film);
            // Written as unsigned, meant as signed; -1 is an empty edit.
            let begin =
                if version == 0 { i64::from((begin as u32).cast_signed()) } else { begin.cast_signed() };
            if begin >= 0 {
                let begin = time(begin.saturating_sub(first), media);
                // A length of nothing is that of the whole track: fragments do not know it.
                let end = if length == 0 { Time::MAX / 2 } else { begin.saturating_add(length) };
                parts.push(Edit { shown, media: begin, end });
            }
            shown = Time::min(shown.saturating_add(length), Time::MAX / 4);
        }
        (!parts.is_empty()).then_some(Self { parts })
    }

    /// When what is from `begin` to `end` in the track is played, if at all. Of parts that are played
    /// twice the first counts.
    pub(crate) fn shown(&self, begin: Time, end: Time) -> Option<Span> {
        let end = end.max(begin.saturating_add(1));
        let part = self.parts.iter().find(|part| end > part.media && begin < part.end)?;
        let (from, to) = (begin.max(part.media), end.min(part.end));
        let at = part.shown.saturating_add(from.saturating_sub(part.media));
        Some(Span { at, cut: from - begin, length: to - from })
    }

    /// Where in the track is what is played at `shown`.
    pub(crate) fn media(&self, shown: Time) -> Time {
        let part = self.parts.iter().rfind(|part| part.shown <= shown).or(self.parts.first());
        part.map_or(0, |part| part.media.saturating_add((shown - part.shown).max(0)).min(part.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Time = 1_000_000_000;

    fn entry(length: u64, begin: u64) -> (u64, u64) {
        (length, begin)
    }

    #[test]
    fn an_empty_edit_delays_and_a_late_begin_cuts() {
        let list = [entry(500, u64::from(u32::MAX)), entry(2000, 48_000)];
        let edits = EditList::from_list(&list, 0, 1000, (48_000, 0)).unwrap();
        assert_eq!(edits.shown(0, SECOND / 2), None);
        assert_eq!(
            edits.shown(SECOND / 2, SECOND * 2),
            Some(Span { at: SECOND / 2, cut: SECOND / 2, length: SECOND })
        );
        assert_eq!(
            edits.shown(SECOND * 2, SECOND * 4),
            Some(Span { at: SECOND * 3 / 2, cut: 0, length: SECOND })
        );
        assert_eq!(edits.shown(SECOND * 3, SECOND * 4), None);
        assert_eq!((edits.media(0), edits.media(SECOND)), (SECOND, SECOND * 3 / 2));
    }

    #[test]
    fn several_parts_follow_each_other_and_an_open_one_does_not_end() {
        let list = [entry(1000, 0), entry(1000, 5000), entry(0, 9000)];
        let edits = EditList::from_list(&list, 1, 1000, (1000, 0)).unwrap();
        assert_eq!(edits.shown(SECOND * 5, SECOND * 6).unwrap().at, SECOND);
        assert_eq!(edits.shown(SECOND * 2, SECOND * 3), None);
        assert_eq!(edits.shown(SECOND * 100, SECOND * 101).unwrap().at, SECOND * 93);
    }

    #[test]
    fn lists_without_sense_are_none_or_survived() {
        assert_eq!(EditList::from_list(&[], 0, 1000, (1000, 0)), None);
        assert_eq!(EditList::from_list(&[entry(9, u64::MAX)], 1, 0, (0, 0)), None);
        let list = [entry(u64::MAX, u64::MAX - 9), entry(u64::MAX, i64::MAX as u64), entry(u64::MAX, 1)];
        if let Some(edits) = EditList::from_list(&list, 1, 0, (0, i64::MIN)) {
            let _ = (edits.shown(Time::MAX / 4, Time::MAX / 2), edits.media(Time::MAX / 4));
        }
    }
}

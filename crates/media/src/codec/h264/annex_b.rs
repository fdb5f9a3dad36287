//! Parser of H.264 byte streams (ITU-T H.264 Annex B).

/// The NAL units of an Annex B access unit.
pub(crate) fn units(annex_b: &[u8]) -> Vec<&[u8]> {
    let mut starts: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while at + 3 <= annex_b.len() {
        if annex_b[at..at + 3] == [0, 0, 1] {
            let code = if at > 0 && annex_b[at - 1] == 0 { at - 1 } else { at };
            starts.push((code, at + 3));
            at += 3;
        } else {
            at += 1;
        }
    }
    let ends = starts.iter().skip(1).map(|&(code, _)| code).chain([annex_b.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(&(_, begin), end)| &annex_b[begin..end])
        .filter(|nal| !nal.is_empty())
        .collect()
}

//! Concealment: the share of sound that was made up because its packets were missing.

use super::load::{Concealed, Recorded};
use crate::traffic::Span;

/// Percent of what was played within the span, by each program's own count.
pub(super) fn percent(heard_by: &Recorded, span: Span) -> Option<f64> {
    share(&heard_by.concealed, span)
}

fn share(counts: &[Concealed], span: Span) -> Option<f64> {
    let last = counts.iter().rfind(|count| count.at_us <= span.to_us)?;
    let first = counts.iter().rfind(|count| count.at_us <= span.from_us);
    let (made_up, played) = first.map_or((0.0, 0.0), |first| (first.made_up, first.played));
    let played = last.played - played;
    (played > 0.0).then(|| 100.0 * (last.made_up - made_up).max(0.0) / played)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_span_counts() {
        let count = |at_us, made_up, played| Concealed { at_us, made_up, played };
        let counts = [count(1, 100.0, 1000.0), count(2, 100.0, 2000.0), count(3, 300.0, 3000.0)];
        assert_eq!(share(&counts, Span { from_us: 2, to_us: 5 }), Some(20.0));
        assert_eq!(share(&counts, Span { from_us: 0, to_us: 2 }), Some(5.0));
        assert_eq!(share(&[], Span { from_us: 0, to_us: 2 }), None);
    }
}

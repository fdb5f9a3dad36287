//! Comparison with Chromium: for each profile and each figure of what a person gets, who is ahead.

use super::figure::{Figure, values};
use super::grid;
use crate::profiles::{Calls, Profile};
use crate::record::{Runs, System};

/// Closer than this neither is ahead.
const EVEN: f64 = 0.03;

/// A figure of what a person gets, and from where on more of it is hardly noticed.
struct Compared {
    name: &'static str,
    more_is_better: bool,
    near_perfect: f64,
}

const fn more(name: &'static str, near_perfect: f64) -> Compared {
    Compared { name, more_is_better: true, near_perfect }
}

const fn less(name: &'static str, near_perfect: f64) -> Compared {
    Compared { name, more_is_better: false, near_perfect }
}

/// A delay below 150 ms is not noticed (ITU-T G.114).
const COMPARED: &[Compared] = &[
    more("shown_percent", 97.0),
    less("frozen_s", 0.5),
    more("pesq", 4.0),
    less("concealed_percent", 0.5),
    less("capture_to_display_ms", 150.0),
    less("mouth_to_ear_ms", 150.0),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Ahead,
    /// Within 3 %, or both are near perfect.
    Even,
    Behind,
}

fn place(of: &Compared, ours: f64, theirs: f64) -> Place {
    let perfect =
        |value: f64| if of.more_is_better { value >= of.near_perfect } else { value <= of.near_perfect };
    if perfect(ours) && perfect(theirs) {
        return Place::Even;
    }
    let gain = if of.more_is_better { ours - theirs } else { theirs - ours };
    if gain.abs() <= EVEN * theirs.abs() {
        Place::Even
    } else if gain > 0.0 {
        Place::Ahead
    } else {
        Place::Behind
    }
}

/// The table of all profiles that both were measured on; empty without any.
pub(super) fn table(all: &[(&Profile, Runs)]) -> String {
    let mut head = vec!["profile".to_owned()];
    head.extend(COMPARED.iter().map(|of| Figure::find(of.name).label()));
    let (mut rows, mut counts) = (Vec::new(), [0_usize; 3]);
    for (profile, runs) in all.iter().filter(|(profile, _)| profile.calls == Calls::One) {
        let medians = |of: &Compared, system| values(runs, system, of.name).median();
        let cells: Vec<Option<(Place, f64, f64)>> = COMPARED
            .iter()
            .map(|of| {
                let (ours, theirs) = (medians(of, System::Bellwire)?, medians(of, System::Chromium)?);
                Some((place(of, ours, theirs), ours, theirs))
            })
            .collect();
        if cells.iter().all(Option::is_none) {
            continue;
        }
        let mut row = vec![profile.name.to_owned()];
        for (of, cell) in COMPARED.iter().zip(&cells) {
            let digits = Figure::find(of.name).digits;
            row.push(cell.map_or("–".to_owned(), |(place, ours, theirs)| {
                counts[place as usize] += 1;
                let (before, after) = match place {
                    Place::Ahead => ("**", "**"),
                    Place::Even => ("", ""),
                    Place::Behind => ("*", "*"),
                };
                format!("{before}{ours:.digits$}{after} : {theirs:.digits$}")
            }));
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return String::new();
    }
    let [ahead, even, behind] = counts;
    format!(
        "\n## Beside Chromium\n\nBellwire : Chromium. **Ahead** in {ahead}, even in {even}, *behind* in {behind}. Even: within \
         3 %, or both near perfect (97 % shown, 0.5 s frozen, PESQ 4, 0.5 % made up, 150 ms).\n\n{}",
        grid(&head.iter().map(String::as_str).collect::<Vec<_>>(), &rows)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_ahead_depends_on_what_is_better_and_on_what_can_be_noticed() {
        let (shown, frozen) = (&COMPARED[0], &COMPARED[1]);
        assert_eq!(place(shown, 95.0, 80.0), Place::Ahead);
        assert_eq!(place(shown, 95.0, 97.5), Place::Even);
        assert_eq!(place(shown, 70.0, 80.0), Place::Behind);
        assert_eq!(place(frozen, 1.0, 2.0), Place::Ahead);
        assert_eq!(place(frozen, 2.0, 1.0), Place::Behind);
        assert_eq!(place(frozen, 0.4, 0.0), Place::Even, "near perfect");
    }
}

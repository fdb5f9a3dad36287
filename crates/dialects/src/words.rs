//! Enum variants and the words that stand for them on the wire.

/// Gives an enum `as_str` and `parse` from one list of its words; a word after `|` is read and never
/// written. `exact` and `any_case` say how words are compared. With `else`, any other word is that
/// variant; without, `parse` gives an `Option`.
macro_rules! words {
    ($name:ident, $compare:ident, $($variant:ident = $word:literal $(| $alias:literal)*),+) => {
        impl $name {
            words!(@as_str $($variant = $word),+);

            /// The variant a word stands for.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                $(if $crate::words::$compare(word, &[$word $(, $alias)*]) {
                    return Some(Self::$variant);
                })+
                None
            }
        }
    };
    ($name:ident, $compare:ident, $($variant:ident = $word:literal $(| $alias:literal)*),+;
     else $other:ident = $unknown:literal) => {
        impl $name {
            words!(@as_str $($variant = $word,)+ $other = $unknown);

            /// The variant a word stands for.
            #[must_use]
            pub fn parse(word: &str) -> Self {
                $(if $crate::words::$compare(word, &[$word $(, $alias)*]) {
                    return Self::$variant;
                })+
                Self::$other
            }
        }
    };
    (@as_str $($variant:ident = $word:literal),+) => {
        /// The word on the wire and in a record.
        #[must_use]
        pub fn as_str(self) -> &'static str {
            match self {
                $(Self::$variant => $word,)+
            }
        }
    };
}
pub(crate) use words;

pub(crate) fn exact(word: &str, known: &[&str]) -> bool {
    known.contains(&word)
}

pub(crate) fn any_case(word: &str, known: &[&str]) -> bool {
    known.iter().any(|known| known.eq_ignore_ascii_case(word))
}

pub(crate) fn any_case_trimmed(word: &str, known: &[&str]) -> bool {
    any_case(word.trim(), known)
}

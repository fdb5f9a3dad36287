//! The name of a chat room, which says who may be in it.

use std::fmt;

/// `dealer:technician`, or `dealer:technician:POST_<id>` for one post; the dealer always comes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Room {
    /// E-mail address.
    pub dealer: String,
    /// E-mail address.
    pub technician: String,
    /// Id of the post that is talked about.
    pub post: Option<String>,
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.dealer, self.technician)?;
        match &self.post {
            Some(post) => write!(f, ":POST_{post}"),
            None => Ok(()),
        }
    }
}

impl Room {
    /// The room of these two in which nothing in particular is talked about.
    #[must_use]
    pub fn base(dealer: &str, technician: &str) -> Self {
        Self { dealer: dealer.to_owned(), technician: technician.to_owned(), post: None }
    }

    /// Reads a room's name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let mut parts = name.splitn(3, ':');
        let (dealer, technician) = (parts.next()?, parts.next()?);
        let post = match parts.next() {
            Some(rest) => Some(rest.strip_prefix("POST_").filter(|post| !post.is_empty())?.to_owned()),
            None => None,
        };
        let filled = !dealer.is_empty() && !technician.is_empty();
        filled.then(|| Self { post, ..Self::base(dealer, technician) })
    }

    /// The one of the two that is not `me`; `None` if that one is not in this room.
    #[must_use]
    pub fn other(&self, me: &str) -> Option<&str> {
        if self.dealer.eq_ignore_ascii_case(me) {
            Some(&self.technician)
        } else if self.technician.eq_ignore_ascii_case(me) {
            Some(&self.dealer)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for name in ["d@x.example:t@y.example", "d@x.example:t@y.example:POST_7", "d:t:POST_a:b"] {
            assert_eq!(Room::parse(name).unwrap().to_string(), name);
        }
        for name in ["", "d", "d:", ":t", "d:t:", "d:t:7", "d:t:POST_"] {
            assert_eq!(Room::parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_other_one_is_found_whatever_the_case() {
        let room = Room::parse("Dan@x.example:tea@y.example").unwrap();
        assert_eq!(room.other("dan@X.example"), Some("tea@y.example"));
        assert_eq!(room.other("tea@y.example"), Some("Dan@x.example"));
        assert_eq!(room.other("eve@y.example"), None);
    }
}

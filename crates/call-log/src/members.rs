//! Lists of the people of one call, joined as they come and go.

use bellwire_call::Person;

/// People kept of one call: who comes and goes in a long one is bounded by nothing else.
const MAX_MEMBERS: usize = 64;

/// Adds people to a list, once each; a name and a picture that were not known are filled in.
pub(crate) fn join<'a>(list: &mut Vec<Person>, more: impl IntoIterator<Item = &'a Person>) {
    for person in more.into_iter().filter(|person| !person.id.0.is_empty()) {
        if let Some(known) = list.iter_mut().find(|known| known.id == person.id) {
            if known.name.is_empty() {
                known.name.clone_from(&person.name);
            }
            if known.avatar.is_none() {
                known.avatar.clone_from(&person.avatar);
            }
        } else if list.len() < MAX_MEMBERS {
            list.push(person.clone());
        }
    }
}

/// As the table keeps them. A call of two has none: its other one is the peer.
pub(crate) fn written(list: &[Person], peer: &str) -> String {
    let several = list.iter().any(|person| person.id.0 != peer);
    let text = if several { serde_json::to_string(list) } else { return NOBODY.to_owned() };
    text.unwrap_or_else(|_| NOBODY.to_owned())
}

/// What was [`written`]; nobody where it cannot be read.
pub(crate) fn read(text: &str) -> Vec<Person> {
    serde_json::from_str(text).unwrap_or_default()
}

pub(crate) const NOBODY: &str = "[]";

#[cfg(test)]
mod tests {
    use bellwire_call::PersonId;

    use super::*;

    fn person(id: &str, name: &str) -> Person {
        Person { id: PersonId(id.into()), name: name.into(), avatar: None }
    }

    #[test]
    fn everybody_is_kept_once_with_the_first_name_that_is_known() {
        let mut list = vec![person("a", "")];
        join(&mut list, &[person("b", "Ben"), person("a", "Ada"), person("", "Nobody")]);
        join(&mut list, &[person("a", "Other")]);
        assert_eq!(list, [person("a", "Ada"), person("b", "Ben")]);
        assert_eq!(read(&written(&list, "a")), list);
    }

    #[test]
    fn a_call_of_two_has_no_list_and_a_long_one_an_end() {
        assert_eq!(written(&[person("a", "Ada")], "a"), NOBODY);
        assert_eq!(read("no list"), []);
        let crowd: Vec<Person> = (0..1000).map(|n| person(&n.to_string(), "x")).collect();
        let mut list = Vec::new();
        join(&mut list, &crowd);
        assert_eq!(list.len(), MAX_MEMBERS);
    }
}

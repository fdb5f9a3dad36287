//! Lists read row by row: a row that cannot be read costs only itself and is counted, so that the view can
//! say how many are missing.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::limits;

/// The rows of a list that were understood, and how many were not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<T> {
    pub items: Vec<T>,
    /// Rows the backend sent that could not be read, or that are above the limit for one list.
    pub left_out: u32,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { items: Vec::new(), left_out: 0 }
    }
}

impl<T> From<Vec<T>> for Rows<T> {
    fn from(items: Vec<T>) -> Self {
        Self { items, left_out: 0 }
    }
}

impl<T> IntoIterator for Rows<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

/// What one row turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Row<T> {
    Item(T),
    /// Understood, and not for this list (our own entry, something deleted or already over).
    Hidden,
    /// Not understood.
    Odd,
}

impl<T> Rows<T> {
    /// Reads each row by itself.
    pub(crate) fn read<R: DeserializeOwned>(values: &[Value], mut row: impl FnMut(R) -> Row<T>) -> Self {
        let mut rows = Self::default();
        for value in values {
            if rows.items.len() >= limits::MAX_ROWS {
                rows.left_out = rows.left_out.saturating_add(1);
                continue;
            }
            match R::deserialize(value).map_or(Row::Odd, &mut row) {
                Row::Item(item) => rows.items.push(item),
                Row::Hidden => {}
                Row::Odd => rows.left_out = rows.left_out.saturating_add(1),
            }
        }
        rows
    }

    /// The rows as they are on the wire.
    pub(crate) fn plain(values: &[Value]) -> Self
    where
        T: DeserializeOwned,
    {
        Self::read(values, Row::Item)
    }

    /// The same rows as something else; `None` hides a row.
    pub(crate) fn filter_map<U>(self, row: impl FnMut(T) -> Option<U>) -> Rows<U> {
        Rows { items: self.items.into_iter().filter_map(row).collect(), left_out: self.left_out }
    }

    /// Appends another list, as of a next page.
    pub(crate) fn extend(&mut self, more: Self) {
        self.left_out = self.left_out.saturating_add(more.left_out);
        for item in more.items {
            if self.items.len() >= limits::MAX_ROWS {
                self.left_out = self.left_out.saturating_add(1);
            } else {
                self.items.push(item);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_odd_row_costs_itself_and_is_counted() {
        let list = [json!("a"), json!(null), json!({ "b": 1 }), json!("c")];
        let rows = Rows::<String>::plain(&list);
        assert_eq!(rows, Rows { items: vec!["a".to_owned(), "c".to_owned()], left_out: 2 });
    }

    #[test]
    fn what_is_hidden_is_not_missing() {
        let rows =
            Rows::read(&[json!(1), json!(2)], |n: u32| if n == 1 { Row::Hidden } else { Row::Item(n) });
        assert_eq!(rows, Rows { items: vec![2], left_out: 0 });
    }

    #[test]
    fn rows_above_the_limit_are_counted() {
        let list: Vec<Value> = (0..limits::MAX_ROWS + 3).map(Value::from).collect();
        let rows = Rows::<u32>::plain(&list);
        assert_eq!((rows.items.len(), rows.left_out), (limits::MAX_ROWS, 3));
    }
}

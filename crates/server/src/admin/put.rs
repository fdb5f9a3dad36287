//! One row of a table, added, changed or left as it is. Names of tables and columns are constants of the
//! program; values are bound.

use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection};

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    Unchanged,
    Changed,
    Added,
}

/// A value of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Text(String),
    Number(i64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

pub(crate) type Column = (&'static str, Value);

type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

fn bind<'q>(query: Query<'q>, columns: &[Column]) -> Query<'q> {
    columns.iter().fold(query, |query, (_, value)| match value {
        Value::Null => query.bind(None::<String>),
        Value::Text(text) => query.bind(text.clone()),
        Value::Number(number) => query.bind(*number),
    })
}

fn list(columns: &[Column], text: impl Fn(&str) -> String, between: &str) -> String {
    columns.iter().map(|(name, _)| text(name)).collect::<Vec<_>>().join(between)
}

/// Makes the row with that key have those fields; `fresh` are the columns only a new row gets.
pub(crate) async fn put(
    connection: &mut SqliteConnection,
    table: &'static str,
    key: &[Column],
    fields: &[Column],
    fresh: &[Column],
) -> Result<Change, sqlx::Error> {
    let is = |name: &str| format!("{name} IS ?");
    let same = if fields.is_empty() { "1".to_owned() } else { list(fields, is, " AND ") };
    let which = list(key, is, " AND ");
    let sql = format!("SELECT {same} AS same FROM {table} WHERE {which}");
    let found =
        bind(bind(sqlx::query(AssertSqlSafe(sql)), fields), key).fetch_optional(&mut *connection).await?;
    let Some(found) = found else {
        let all: Vec<Column> = key.iter().chain(fields).chain(fresh).cloned().collect();
        let (names, values) = (list(&all, str::to_owned, ", "), list(&all, |_| "?".to_owned(), ", "));
        let sql = format!("INSERT INTO {table} ({names}) VALUES ({values})");
        bind(sqlx::query(AssertSqlSafe(sql)), &all).execute(connection).await?;
        return Ok(Change::Added);
    };
    if sqlx::Row::try_get::<i64, _>(&found, 0)? != 0 {
        return Ok(Change::Unchanged);
    }
    let sql =
        format!("UPDATE {table} SET {} WHERE {which}", list(fields, |name| format!("{name} = ?"), ", "));
    bind(bind(sqlx::query(AssertSqlSafe(sql)), fields), key).execute(connection).await?;
    Ok(Change::Changed)
}

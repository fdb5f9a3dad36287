//! Tests of the people of calls of several.

use super::*;

/// The peer `p` and others.
fn several(uid: &str, others: &[&str], started_ms: i64) -> LocalCall {
    let people = std::iter::once("p").chain(others.iter().copied());
    LocalCall { members: people.map(person).collect(), ..dialled(uid, "p", started_ms) }
}

fn ids(record: &Record) -> Vec<&str> {
    record.members.iter().map(|person| person.id.0.as_str()).collect()
}

#[tokio::test]
async fn a_record_names_everybody_once_however_they_came_to_be_known() {
    let mut store = memory().await;
    let call = placed(&several("u", &["a"], DAWN), "room");
    store.write(std::slice::from_ref(&call)).await.expect("written");
    assert_eq!(ids(&only(&mut store).await), ["p", "a"]);
    // The room is entered again and somebody else has come; the backend knows one more.
    store.write(&[ended(&call, Outcome::Completed, "hung_up", 5)]).await.expect("written");
    store.write(&[placed(&several("v", &["b"], DAWN + 9), "room#2")]).await.expect("written");
    assert_eq!(ids(&only(&mut store).await), ["p", "a", "b"]);
    let line =
        BackendCall { members: vec![person("c"), person("a")], ..remembered("room", "p", "ended", DAWN, 9) };
    store.merge(&account("me"), &[line], DAWN).await.expect("merged");
    let record = only(&mut store).await;
    assert_eq!(ids(&record), ["p", "a", "b", "c"]);
    assert_eq!(record.members[1].name, "Person a");
}

#[tokio::test]
async fn a_call_of_two_has_no_list() {
    let mut store = memory().await;
    store.write(&[placed(&dialled("u", "p", DAWN), "r")]).await.expect("written");
    assert_eq!(only(&mut store).await.members, []);
}

#[tokio::test]
async fn a_call_is_found_by_anybody_who_was_in_it() {
    let mut store = memory().await;
    let calls = [placed(&several("u", &["a"], DAWN), "r1"), placed(&several("v", &["b"], DAWN + 1), "r2")];
    store.write(&calls).await.expect("written");
    let found = async |store: &mut Store, filter: Filter| {
        let records = store.list(&filter, 0, 9).await.expect("read").records;
        records.into_iter().filter_map(|record| record.remote).map(|remote| remote.0).collect::<Vec<_>>()
    };
    let of = |id: &str| Filter { person: Some(PersonId(id.into())), ..Filter::default() };
    assert_eq!(found(&mut store, of("a")).await, ["r1"]);
    assert_eq!(found(&mut store, of("p")).await, ["r2", "r1"]);
    assert_eq!(found(&mut store, of("nobody")).await, Vec::<String>::new());
    let named = Filter { text: "PERSON B".into(), ..Filter::default() };
    assert_eq!(found(&mut store, named).await, ["r2"]);
}

#[tokio::test]
async fn nobody_is_left_of_a_record_that_was_deleted() {
    let mut store = memory().await;
    let call = ended(&placed(&several("u", &["a"], DAWN), "r"), Outcome::Completed, "hung_up", 5);
    store.write(std::slice::from_ref(&call)).await.expect("written");
    let id = only(&mut store).await.id;
    assert!(store.delete(id).await.expect("deleted"));
    // The last of it was still on its way, and the backend tells of it again.
    store.write(&[call]).await.expect("written");
    let line = BackendCall { members: vec![person("a")], ..remembered("r", "p", "ended", DAWN, 9) };
    store.merge(&account("me"), &[line], DAWN).await.expect("merged");
    let kept: (String, String) = sqlx::query_as("SELECT members, search FROM calls")
        .fetch_one(&mut store.connection)
        .await
        .expect("read");
    assert_eq!(kept, ("[]".to_owned(), String::new()));
}

//! Test with as many calls as a busy shop has in years.

use std::collections::HashSet;

use super::*;

#[tokio::test]
async fn ten_thousand_calls_are_paged_and_searched() {
    const CALLS: u32 = 10_000;
    const PAGE: u32 = 20;
    let mut store = memory().await;
    let calls: Vec<LocalCall> = (0..CALLS)
        .map(|n| {
            let began = DAWN + i64::from(n) * 60_000;
            let call = dialled(&format!("u{n}"), &format!("p{}", n % 500), began);
            ended(&answered(&call, 1_000), Outcome::Completed, "hung_up", 30_000)
        })
        .collect();
    store.write(&calls).await.expect("calls are written");

    let everything = Filter::default();
    let mut seen = HashSet::new();
    for skip in (0..CALLS).step_by(PAGE as usize * 100) {
        let page = store.list(&everything, skip, PAGE).await.expect("a page");
        assert_eq!((page.records.len(), page.total), (20, CALLS), "from {skip}");
        for record in page.records {
            assert!(seen.insert(record.id), "on two pages");
        }
    }
    let end = store.list(&everything, CALLS - 5, PAGE).await.expect("the last page");
    assert_eq!((end.records.len(), end.total), (5, CALLS));

    let of = Filter { text: "person P499".into(), ..Filter::default() };
    let found = store.list(&of, 0, PAGE).await.expect("found");
    assert_eq!(found.total, 20);
    assert!(found.records.iter().all(|record| record.peer.name == "Person p499"));
}

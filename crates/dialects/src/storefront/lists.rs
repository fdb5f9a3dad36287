//! Customers, past calls and figures over REST: the requests and the parsers of their replies.

use bellwire_call::{MediaKind, Person, PersonId, Subject};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    failure,
    wire::{
        AnalyticsReply, Avatar, CallStatus, CustomerRow, Pagination, Party, RecentOrder, Ref, UserType,
        VideoCall,
    },
};
use crate::{
    Analytics, Contact, ContactSubject, HistoryItem, HistoryPage, ReplyError, RestCall, Rows, lenient,
    limits, rest, rows::Row, timestamp,
};

/// All of them: the deployed backend fails (500) when it searches past a customer without a number.
pub(super) fn contacts_request(me: &str) -> RestCall {
    rest::fetch(format!("/video-call/customers/{}", rest::segment(me)))
}

pub(super) fn history_request(role: UserType, me: &str, page: u32, limit: u32) -> RestCall {
    let list = match role {
        UserType::Seller => "history",
        UserType::Customer => "customer-history",
    };
    let path = format!("/video-call/{list}/{}", rest::segment(me));
    rest::fetch(path).with("page", page.max(1)).with("limit", limit.clamp(1, 100))
}

pub(super) fn analytics_request(me: &str) -> RestCall {
    rest::fetch(format!("/video-call/analytics/{}", rest::segment(me)))
}

pub(super) fn contacts(search: &str, status: u16, body: &Value) -> Result<Rows<Contact>, ReplyError> {
    #[derive(Deserialize)]
    struct Customers {
        #[serde(default)]
        customers: Vec<Value>,
    }
    let reply: Customers = read(status, body)?;
    let search = search.trim().to_lowercase();
    let row = |row: CustomerRow| if found(&row, &search) { Row::Item(contact(row)) } else { Row::Hidden };
    Ok(Rows::read(&reply.customers, row))
}

/// By name, address, telephone or order number.
fn found(row: &CustomerRow, search: &str) -> bool {
    let orders = row.recent_orders.iter().map(|order| &order.order_number);
    let mut texts =
        [&row.name, &row.email, &row.phone_number, &row.last_order_number].into_iter().chain(orders);
    search.is_empty()
        || texts.any(|text| text.as_ref().is_some_and(|text| text.to_lowercase().contains(search)))
}

fn contact(row: CustomerRow) -> Contact {
    let shown = |text: Option<&String>| limits::shown(text.map_or("", String::as_str));
    let detail = shown(row.email.as_ref().or(row.phone_number.as_ref()));
    let name = shown(row.name.as_ref());
    let person = Person {
        id: PersonId(row.id),
        name: if name.is_empty() { detail.clone() } else { name },
        avatar: row.avatar.as_ref().and_then(Avatar::address).map(str::to_owned),
    };
    Contact {
        detail,
        online: row.is_online,
        subjects: row.recent_orders.into_iter().take(limits::MAX_ROWS).map(order).collect(),
        total_orders: row.total_orders,
        total_spent: money(row.total_spent),
        ..Contact::of(person)
    }
}

fn order(row: RecentOrder) -> ContactSubject {
    let number = limits::shown(row.order_number.as_deref().unwrap_or(&row.id));
    ContactSubject {
        subject: Subject { label: order_label(&number), id: row.id },
        status: limits::shown(row.order_status.as_deref().unwrap_or_default()),
        created_at: row.created_at.unwrap_or_default(),
        amount: money(row.total_price),
    }
}

fn money(amount: f64) -> String {
    format!("{amount:.2}")
}

pub(super) fn history(role: UserType, status: u16, body: &Value) -> Result<HistoryPage, ReplyError> {
    #[derive(Deserialize)]
    struct Calls {
        #[serde(default)]
        calls: Vec<Value>,
        #[serde(default, deserialize_with = "lenient::or_default")]
        pagination: Pagination,
    }
    let Calls { calls, pagination } = read(status, body)?;
    let rows = Rows::read(&calls, |call: VideoCall| Row::Item(past_call(role, &call)));
    Ok(HistoryPage {
        left_out: rows.left_out,
        items: rows.items,
        page: pagination.current_page,
        pages: pagination.total_pages,
        total: pagination.total_items,
    })
}

fn past_call(role: UserType, call: &VideoCall) -> HistoryItem {
    let peer = match role {
        UserType::Seller => &call.customer,
        UserType::Customer => &call.seller,
    };
    let started = call.created_at.as_ref().or(call.start_time.as_ref());
    HistoryItem {
        call: call.call_id.clone(),
        peer: person(peer),
        members: Vec::new(),
        outgoing: call.initiated_by == Some(role),
        status: outcome(call.status).as_str().to_owned(),
        started_at: started.cloned().unwrap_or_default(),
        duration_s: duration(call),
        subject: subject(call),
        kind: Some(MediaKind::Video),
    }
}

/// The deployed backend leaves an unanswered call at `initiated` for ever.
fn outcome(status: CallStatus) -> CallStatus {
    match status {
        CallStatus::Initiated | CallStatus::Ringing => CallStatus::Missed,
        CallStatus::Rejected | CallStatus::Busy => CallStatus::Declined,
        CallStatus::Unknown => CallStatus::Ended,
        CallStatus::Accepted
        | CallStatus::Declined
        | CallStatus::Ended
        | CallStatus::Missed
        | CallStatus::Failed => status,
    }
}

/// Seconds talked; from the times of the record where it does not say.
fn duration(call: &VideoCall) -> u32 {
    let talked = match call.status {
        CallStatus::Ended | CallStatus::Accepted | CallStatus::Unknown => true,
        CallStatus::Initiated
        | CallStatus::Ringing
        | CallStatus::Declined
        | CallStatus::Rejected
        | CallStatus::Busy
        | CallStatus::Missed
        | CallStatus::Failed => false,
    };
    let at = |time: &Option<String>| time.as_deref().and_then(timestamp::seconds);
    match (at(&call.start_time), at(&call.end_time)) {
        (Some(start), Some(end)) if talked && call.duration < 1.0 => {
            u32::try_from(end.saturating_sub(start)).unwrap_or_default()
        }
        _ => lenient::as_count(&call.duration.into()).unwrap_or_default(),
    }
}

pub(super) fn analytics(status: u16, body: &Value) -> Result<Analytics, ReplyError> {
    let figures = read::<AnalyticsReply>(status, body)?.analytics;
    Ok(Analytics {
        total: figures.total_calls,
        accepted: figures.accepted_calls,
        declined: figures.declined_calls,
        ended: figures.ended_calls,
        average_duration_s: figures.average_duration,
        acceptance_rate: figures.acceptance_rate.unwrap_or_default(),
        completion_rate: figures.completion_rate.unwrap_or_default(),
        by_type: figures.calls_by_type,
        by_status: figures.calls_by_status,
    })
}

fn read<T: DeserializeOwned>(status: u16, body: &Value) -> Result<T, ReplyError> {
    if status == 0 {
        return Err(ReplyError::Unreachable);
    }
    if failure::token_expired(status, body) {
        return Err(ReplyError::TokenExpired);
    }
    if !(200..300).contains(&status) {
        let message = failure::words(status, body).unwrap_or_default();
        return Err(ReplyError::Refused { status, message });
    }
    T::deserialize(body).map_err(|_| ReplyError::NotUnderstood)
}

/// The other side as a person, as far as the record says.
fn person(party: &Ref<Party>) -> Person {
    match party {
        Ref::Id(id) => Person { id: PersonId(id.clone()), name: String::new(), avatar: None },
        Ref::Full(party) => Person {
            id: PersonId(party.id.clone()),
            name: limits::shown(party.name.as_deref().unwrap_or_default()),
            avatar: party.avatar.as_ref().and_then(Avatar::address).map(str::to_owned),
        },
    }
}

/// What a record's call is about, if its reference is populated.
pub(super) fn subject(record: &VideoCall) -> Option<Subject> {
    if let Some(order) = record.order_id.as_ref().and_then(Ref::full).filter(|order| !order.id.is_empty()) {
        let number = limits::shown(order.order_number.as_deref().unwrap_or(&order.id));
        return Some(Subject { label: order_label(&number), id: order.id.clone() });
    }
    let product = record.product_id.as_ref().and_then(Ref::full).filter(|product| !product.id.is_empty())?;
    let label = limits::shown(product.name.as_deref().unwrap_or(&product.id));
    Some(Subject { id: product.id.clone(), label })
}

/// What a person calls an order.
pub(super) fn order_label(number: &str) -> String {
    format!("Order #{}", number.trim_start_matches('#'))
}

/// The order's number in its label, as the callee is shown it.
pub(super) fn order_number(subject: &Subject) -> Option<String> {
    let label = subject.label.trim();
    let number = label.strip_prefix("Order").unwrap_or(label).trim().trim_start_matches('#').trim();
    let number = if number.is_empty() { &subject.id } else { number };
    (!number.is_empty()).then(|| number.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn past(call: Value) -> HistoryItem {
        let body = json!({ "success": true, "calls": [call], "pagination": {} });
        let mut page = history(UserType::Seller, 200, &body).unwrap();
        assert_eq!(page.left_out, 0);
        page.items.remove(0)
    }

    #[test]
    fn the_list_is_searched_here() {
        assert_eq!(contacts_request("s1").query, Vec::new());
        let body = json!({ "success": true, "customers": [
            { "_id": "c1", "name": "Ann", "email": null, "phoneNumber": 4_670_112_233_u64 },
            { "_id": "c2", "email": "ben@example.com" }, { "_id": "c3" }, { "name": "no id" },
            { "_id": 4, "name": "Dora", "recentOrders": [null, { "_id": "o", "orderNumber": 1042 }] } ] });
        let found = |search: &str| {
            let rows = contacts(search, 200, &body).unwrap();
            assert_eq!(rows.left_out, 1, "{search}");
            rows.into_iter().map(|line| line.person.id.0).collect::<Vec<_>>()
        };
        assert_eq!(found(""), ["c1", "c2", "c3", "4"]);
        assert_eq!(found(" ANN "), ["c1"]);
        assert_eq!(found("0112"), ["c1"]);
        assert_eq!(found("ben@"), ["c2"]);
        assert_eq!(found("1042"), ["4"]);
        assert!(found("nobody").is_empty());
    }

    #[test]
    fn a_deleted_customer_keeps_their_calls() {
        let row = past(json!({ "callId": "a", "seller": "s1", "customer": null, "status": "ENDED",
            "initiatedBy": "Seller", "duration": 0, "startTime": "2026-01-05T10:00:00.000Z",
            "endTime": "2026-01-05T10:01:30.000Z" }));
        assert_eq!((row.peer.name.as_str(), row.status.as_str(), row.outgoing), ("", "ended", true));
        assert_eq!(row.duration_s, 90, "the backend has not counted");
    }

    #[test]
    fn a_ring_that_nobody_answered_is_missed_once_it_is_over() {
        let rang = json!({ "callId": "a", "status": "initiated", "startTime": "2026-01-05T10:00:00.000Z",
            "endTime": "2026-01-05T10:00:40.000Z" });
        assert_eq!((past(rang.clone()).status.as_str(), past(rang.clone()).duration_s), ("missed", 0));
        assert_eq!(past(json!({ "callId": "a", "status": "rejected" })).status, "declined");
        assert_eq!(past(json!({ "callId": "a", "status": "on-hold" })).status, "ended");
    }

    #[test]
    fn a_failure_of_the_server_is_not_told_in_its_programs_words() {
        let body = json!({ "success": false, "message": "Something broke in line 7" });
        let error = contacts("", 500, &body).unwrap_err();
        assert_eq!(error, ReplyError::Refused { status: 500, message: String::new() });
    }

    #[test]
    fn an_order_is_known_by_its_number() {
        let number = |id: &str, label: &str| order_number(&Subject { id: id.into(), label: label.into() });
        assert_eq!(number("64d1", "Order #1042").as_deref(), Some("1042"));
        assert_eq!(number("64d1", "").as_deref(), Some("64d1"));
        assert_eq!(number("64d1", " 00001").as_deref(), Some("00001"));
    }
}

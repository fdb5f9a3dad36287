//! Lists and figures over REST: which endpoint, and what the reply says in neutral terms.

use bellwire_call::{MediaKind, Person, PersonId, Subject};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    reply,
    wire::{
        AnalyticsReply, Avatar, CallsReply, CustomerRow, CustomersReply, Party, RecentOrder, Ref, UserType,
        VideoCall,
    },
};
use crate::{
    Analytics, Contact, ContactSubject, HistoryItem, HistoryPage, ReplyError, RestCall, limits, rest,
};

pub(super) fn contacts_request(me: &str, search: &str) -> RestCall {
    let search = search.trim();
    let query = if search.is_empty() { Vec::new() } else { vec![("search".to_owned(), search.to_owned())] };
    fetch(format!("/video-call/customers/{}", rest::segment(me)), query)
}

pub(super) fn history_request(role: UserType, me: &str, page: u32, limit: u32) -> RestCall {
    let list = match role {
        UserType::Seller => "history",
        UserType::Customer => "customer-history",
    };
    let query = vec![
        ("page".to_owned(), page.max(1).to_string()),
        ("limit".to_owned(), limit.clamp(1, 100).to_string()),
    ];
    fetch(format!("/video-call/{list}/{}", rest::segment(me)), query)
}

pub(super) fn analytics_request(me: &str) -> RestCall {
    fetch(format!("/video-call/analytics/{}", rest::segment(me)), Vec::new())
}

pub(super) fn ice_servers_request() -> RestCall {
    fetch("/video-call/ice-servers".to_owned(), Vec::new())
}

fn fetch(path: String, query: Vec<(String, String)>) -> RestCall {
    RestCall { query, ..rest::fetch(path) }
}

pub(super) fn contacts(status: u16, body: &Value) -> Result<Vec<Contact>, ReplyError> {
    let reply: CustomersReply = read(status, body)?;
    Ok(reply.customers.into_iter().take(limits::ROWS).map(contact).collect())
}

fn contact(row: CustomerRow) -> Contact {
    let person = Person {
        id: PersonId(row.id),
        name: limits::shown(row.name.as_deref().unwrap_or_default()),
        avatar: row.avatar.as_ref().and_then(Avatar::address).map(str::to_owned),
    };
    Contact {
        detail: limits::shown(row.email.as_deref().unwrap_or_default()),
        online: row.is_online,
        subjects: row.recent_orders.into_iter().take(limits::ROWS).map(order).collect(),
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
    let reply: CallsReply = read(status, body)?;
    Ok(HistoryPage {
        left_out: 0,
        items: reply.calls.into_iter().take(limits::ROWS).map(|call| past_call(role, &call)).collect(),
        page: reply.pagination.current_page,
        pages: reply.pagination.total_pages,
        total: reply.pagination.total_items,
    })
}

fn past_call(role: UserType, call: &VideoCall) -> HistoryItem {
    let peer = match role {
        UserType::Seller => &call.customer,
        UserType::Customer => &call.seller,
    };
    let started = call.created_at.as_ref().or(call.start_time.as_ref());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range of the type"
    )]
    let duration_s = call.duration.clamp(0.0, f64::from(u32::MAX)) as u32;
    HistoryItem {
        call: call.call_id.clone(),
        peer: person(peer),
        outgoing: call.initiated_by == Some(role),
        status: call.status.as_str().to_owned(),
        started_at: started.cloned().unwrap_or_default(),
        duration_s,
        subject: subject(call),
        kind: Some(MediaKind::Video),
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
    if reply::token_expired(status, body) {
        return Err(ReplyError::TokenExpired);
    }
    if !(200..300).contains(&status) {
        let message = rest::message(body).unwrap_or_default();
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
    if let Some(order) = record.order_id.as_ref().and_then(Ref::full) {
        let number = limits::shown(order.order_number.as_deref().unwrap_or(&order.id));
        return Some(Subject { label: order_label(&number), id: order.id.clone() });
    }
    let product = record.product_id.as_ref().and_then(Ref::full)?;
    let label = limits::shown(product.name.as_deref().unwrap_or(&product.id));
    Some(Subject { id: product.id.clone(), label })
}

/// What a person calls an order.
pub(super) fn order_label(number: &str) -> String {
    format!("Order #{}", number.trim_start_matches('#'))
}

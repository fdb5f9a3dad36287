//! Data to show and to test with: two shops, nine customers, orders, products and past calls. Ids never
//! change; dates are counted back from the moment of filling.

use bellwire_dialects::storefront::wire::UserType;

use crate::clock::Millis;
use crate::context::ServerContext;
use crate::demo::DemoError;
use crate::storefront::store::{Account, Call, Order, Product, Store};

/// Sign-in of the demo shop.
pub const DEMO_SELLER: &str = "seller@demo.example";
/// Sign-in of the demo customer that robots play.
pub const DEMO_CUSTOMER: &str = "amira@demo.example";
/// Id of the demo shop.
pub const DEMO_SELLER_ID: &str = "5e11e2000000000000000001";
/// Id of the demo customer.
pub const DEMO_CUSTOMER_ID: &str = "c05701e20000000000000001";

/// A shop without orders.
const BOOKS: &str = "books@demo.example";
const BOOKS_ID: &str = "5e11e2000000000000000002";

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Name, e-mail, telephone and how many orders.
const CUSTOMERS: [(&str, &str, Option<&str>, usize); 9] = [
    ("Amira Haddad", DEMO_CUSTOMER, Some("+49 30 5550101"), 6),
    ("José Álvarez Núñez", "jose@demo.example", Some("+34 91 5550102"), 2),
    (
        "Maximiliane-Alexandra Freifrau von Hohenstein-Wolkersdorf zu Sankt Annaberg-Buchholz",
        "maximiliane@demo.example",
        Some("+43 1 5550103"),
        1,
    ),
    ("ليلى المنصوري", "layla@demo.example", Some("+971 4 5550104"), 3),
    ("山田 花子", "hanako@demo.example", None, 1),
    ("Siobhán O’Brien", "siobhan@demo.example", Some("+353 1 5550106"), 2),
    ("Nguyễn Thị Ánh", "anh@demo.example", Some("+84 24 5550107"), 1),
    ("Bo Li", "bo@demo.example", None, 4),
    // Has never ordered: not eligible to be called.
    ("Wanda Window-Shopper", "wanda@demo.example", None, 0),
];

const PRODUCTS: [(&str, i64); 4] = [
    ("Stoneware mug “Polar night”", 2_900),
    ("Serving bowl “Fjord”, 28 cm", 7_450),
    ("Tea set for six", 18_900),
    ("Bud vase “Birch”", 1_950),
];

const STATUSES: [&str; 5] = ["Processing", "Shipping", "On the way", "Delivered", "Refund Success"];

/// Fills an empty store; one that has accounts is left as it is.
pub(crate) async fn fill(store: &Store, context: &ServerContext, now: Millis) -> Result<(), DemoError> {
    if store.has_accounts().await? {
        return Ok(());
    }
    // One hash for all: nine take seconds, and the password is public anyway.
    let password_hash = context.demo_hash().await?;
    let account = |id: String, name: &str, email: &str, phone: Option<&str>| Account {
        id,
        name: name.to_owned(),
        email: email.to_owned(),
        password_hash: password_hash.clone(),
        avatar: None,
        phone_number: phone.map(str::to_owned),
        created_at: now.0 - 400 * DAY,
    };
    let phone = Some("+47 22 555010");
    let shop = account(DEMO_SELLER_ID.to_owned(), "Nordlicht Ceramics", DEMO_SELLER, phone);
    store.add_account(UserType::Seller, &shop).await?;
    for (number, (name, price)) in PRODUCTS.iter().enumerate() {
        let product = Product {
            id: format!("9e0d0c7000000000000000{:02x}", number + 1),
            shop_id: DEMO_SELLER_ID.to_owned(),
            name: (*name).to_owned(),
            image: None,
            price: *price,
            created_at: now.0 - 380 * DAY,
        };
        store.add_product(&product).await?;
    }
    let mut orders = 0_usize;
    for (number, (name, email, phone, wanted)) in CUSTOMERS.iter().enumerate() {
        let customer = customer_id(number);
        let person = account(customer.clone(), name, email, *phone);
        store.add_account(UserType::Customer, &person).await?;
        for nth in 0..*wanted {
            orders += 1;
            store.add_order(&order(orders, &customer, number, nth, now)).await?;
        }
    }
    // A second shop, which the people above are strangers to.
    let books = account(BOOKS_ID.to_owned(), "Harbour Books", BOOKS, None);
    store.add_account(UserType::Seller, &books).await?;
    for call in past_calls(now) {
        store.add_call(&call).await?;
    }
    Ok(())
}

fn customer_id(number: usize) -> String {
    format!("c05701e200000000000000{:02x}", number + 1)
}

fn order_id(number: usize) -> String {
    format!("04de40000000000000000{number:03x}")
}

/// The `nth` order, newest first, of the customer with that number.
fn order(count: usize, customer: &str, number: usize, nth: usize, now: Millis) -> Order {
    let steps = |by: usize| i64::try_from(by).unwrap_or(0);
    let (_, price) = PRODUCTS[(number + nth) % PRODUCTS.len()];
    let age =
        DAY * (1 + steps(number) * 3 + steps(nth) * 23) + MINUTE * (steps(number * 47 + nth * 13) % 600);
    let status =
        if nth == 0 { STATUSES[number % 4] } else { STATUSES[3 + usize::from(count.is_multiple_of(7))] };
    Order {
        id: order_id(count),
        order_number: format!("NC-{}", 1040 + count),
        shop_id: DEMO_SELLER_ID.to_owned(),
        user_id: customer.to_owned(),
        status: status.to_owned(),
        total_price: price * (1 + steps((number + nth) % 3)) + 490,
        created_at: now.0 - age,
    }
}

struct Past {
    customer: usize,
    by: UserType,
    kind: &'static str,
    status: &'static str,
    days_ago: i64,
    seconds: i64,
    order: Option<usize>,
    quality: Option<&'static str>,
    notes: Option<&'static str>,
}

fn past_calls(now: Millis) -> Vec<Call> {
    use UserType::{Customer, Seller};
    let past = |customer, by, kind, status, days_ago, seconds| Past {
        customer,
        by,
        kind,
        status,
        days_ago,
        seconds,
        order: None,
        quality: None,
        notes: None,
    };
    let calls = [
        Past {
            order: Some(1),
            quality: Some("excellent"),
            notes: Some("Glaze colour confirmed, ships tomorrow"),
            ..past(0, Seller, "order_support", "ended", 2, 754)
        },
        past(1, Customer, "product_inquiry", "ended", 3, 182),
        past(3, Seller, "order_support", "missed", 4, 0),
        Past { quality: Some("good"), ..past(3, Seller, "order_support", "ended", 4, 421) },
        past(5, Customer, "general_support", "declined", 6, 0),
        past(2, Seller, "general_support", "ended", 9, 1_934),
        past(7, Customer, "sales", "missed", 12, 0),
        Past { quality: Some("fair"), ..past(7, Seller, "sales", "ended", 12, 66) },
        past(0, Customer, "order_support", "ended", 20, 308),
        past(6, Seller, "order_support", "missed", 33, 0),
    ];
    calls.iter().enumerate().map(|(number, past)| record(number, past, now)).collect()
}

fn record(number: usize, past: &Past, now: Millis) -> Call {
    let begun = now.0 - past.days_ago * DAY - i64::try_from(number).unwrap_or(0) * 37 * MINUTE;
    let answered = begun + 6_000;
    let (start, end) = match past.status {
        "ended" => (Some(answered), answered + past.seconds * 1000),
        "declined" => (None, begun + 9_000),
        _ => (None, begun + 45_000),
    };
    Call {
        id: format!("ca11000000000000000000{:02x}", number + 1),
        call_id: format!("00000000-0000-4000-8000-0000000000{:02x}", number + 1),
        seller: DEMO_SELLER_ID.to_owned(),
        customer: customer_id(past.customer),
        order_id: past.order.map(order_id),
        product_id: None,
        conversation_id: None,
        call_type: past.kind.to_owned(),
        status: past.status.to_owned(),
        initiated_by: past.by.as_str().to_owned(),
        start_time: start,
        end_time: Some(end),
        duration: past.seconds,
        call_quality: past.quality.map(str::to_owned),
        notes: past.notes.map(str::to_owned),
        decline_reason: None,
        recording_url: None,
        scheduled_for: None,
        ring_until: begun + 45_000,
        metadata: "{}".to_owned(),
        created_at: begun,
        updated_at: end,
    }
}

//! Histories, customers, figures, discovery.

use bellwire_server::{App, Backend, Config};
use serde_json::{Value, json};

use crate::support::{Person, rest, server, socket};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_come_with_their_orders_and_are_found_by_name_and_number() {
    let app = server().await;
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);
    let mut phone = amira.device().await;
    phone.settled().await;

    let (_, all) = seller.get(&format!("/video-call/customers/{}?type=orders", seller.id)).await;
    assert_eq!(all["total"], 8, "the one without orders is not there");
    let first = &all["customers"][0];
    assert_eq!((first["name"].as_str(), first["isOnline"].as_bool()), (Some("Amira Haddad"), Some(true)));
    assert_eq!(first["totalOrders"], 6);
    assert_eq!(first["recentOrders"].as_array().map(Vec::len), Some(5));
    assert_eq!(first["lastOrderId"], first["recentOrders"][0]["_id"]);
    assert_eq!(all["customers"][1]["isOnline"], false);

    let find = async |search: &str| {
        let url = format!("{}/video-call/customers/{}", rest(&app), seller.id);
        let reply = seller.http.get(url).query(&[("search", search)]).send().await.expect("a reply");
        let body: Value = reply.json().await.expect("json");
        let rows = body["customers"].as_array().expect("rows").clone();
        rows.iter().map(|row| row["email"].as_str().expect("text").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(find("áLVAREZ").await, Vec::<String>::new(), "only ASCII letters match in either case");
    assert_eq!(find("Álvarez").await, ["jose@demo.example"]);
    assert_eq!(find("المنصوري").await, ["layla@demo.example"]);
    assert_eq!(find("nc-1041").await, ["amira@demo.example"]);
    assert_eq!(find("%").await, Vec::<String>::new());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn histories_are_paged_and_filtered() {
    let app = server().await;
    let seller = Person::seller(&app).await;
    let history =
        async |query: &str| seller.get(&format!("/video-call/history/{}?{query}", seller.id)).await.1;

    let page = history("page=2&limit=4").await;
    assert_eq!(page["calls"].as_array().map(Vec::len), Some(4));
    let wanted = json!({ "currentPage": 2, "totalPages": 3, "totalItems": 10, "itemsPerPage": 4 });
    assert_eq!(page["pagination"], wanted);
    assert_eq!(history("status=missed").await["pagination"]["totalItems"], 3);
    assert_eq!(history("status=completed").await["pagination"]["totalItems"], 6);
    assert_eq!(history("callType=sales").await["pagination"]["totalItems"], 2);
    assert_eq!(history("dateFrom=2001-01-01&dateTo=2001-01-02").await["pagination"]["totalItems"], 0);
    let newest = &history("limit=1").await["calls"][0];
    assert_eq!(newest["orderId"]["orderNumber"], "NC-1041");
    assert!(newest["createdAt"].as_str().expect("a date").ends_with('Z'));

    let (_, figures) = seller.get(&format!("/video-call/analytics/{}", seller.id)).await;
    let figures = &figures["analytics"];
    assert_eq!((figures["totalCalls"].as_u64(), figures["acceptedCalls"].as_u64()), (Some(10), Some(6)));
    assert_eq!(
        (figures["acceptanceRate"].as_str(), figures["completionRate"].as_str()),
        (Some("60.00"), Some("100.00"))
    );
    assert_eq!(figures["callsByStatus"]["missed"], 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_for_later_is_kept_and_one_about_an_order_names_it() {
    let app = server().await;
    let (seller, amira) = (Person::seller(&app).await, Person::amira(&app).await);

    let body = json!({ "customerId": amira.id, "scheduledFor": "2026-01-02T03:04:05Z", "notes": "later" });
    let (status, reply) = seller.post("/video-call/initiate", body).await;
    assert_eq!((status, reply["videoCall"]["isScheduled"].as_bool()), (201, Some(true)), "{reply}");
    assert_eq!(reply["videoCall"]["scheduledFor"], "2026-01-02T03:04:05.000Z");

    let body =
        json!({ "sellerId": seller.id, "orderId": "04de40000000000000000001", "callType": "order_support" });
    let (status, reply) = amira.post("/video-call/initiate", body).await;
    let call = &reply["videoCall"];
    assert_eq!((status, call["orderId"]["orderNumber"].as_str()), (201, Some("NC-1041")), "{reply}");
    assert_eq!(
        (call["initiatedBy"].as_str(), call["callType"].as_str()),
        (Some("customer"), Some("order_support"))
    );
    assert_eq!(call["_id"].as_str().map(str::len), Some(24));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn discovery_names_both_bases_as_the_client_sees_them() {
    let app = server().await;
    for base in [rest(&app).replace("/api/v2", ""), socket(&app)] {
        let url = format!("{base}/.well-known/bellwire.json");
        let found: Value = reqwest::get(&url).await.expect("a reply").json().await.expect("json");
        let dialect = &found["dialects"][0];
        assert_eq!((found["version"].as_u64(), dialect["id"].as_str()), (Some(1), Some("storefront")));
        assert_eq!(dialect["restBase"], rest(&app).as_str());
        assert_eq!(dialect["socketBase"], socket(&app).as_str());
        assert_eq!(reqwest::get(format!("{base}/health")).await.expect("a reply").status(), 200);
    }
    let url = format!("{}/.well-known/bellwire.json", socket(&app));
    let named = reqwest::Client::new().get(&url).header("host", "calls.example:1234");
    let found: Value = named.send().await.expect("a reply").json().await.expect("json");
    let rest = found["dialects"][0]["restBase"].as_str().expect("text");
    assert!(rest.starts_with("http://calls.example:"), "{rest}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_listener_names_its_own_backend_first_and_all_the_others() {
    let app = server().await;
    for backend in Backend::all() {
        let base = app.socket_url(backend.id()).expect("it is served");
        let url = format!("{base}/.well-known/bellwire.json");
        let found: Value = reqwest::get(&url).await.expect("a reply").json().await.expect("json");
        let mut ids: Vec<_> = found["dialects"].as_array().expect("a list").iter().collect();
        assert_eq!(ids[0]["id"], backend.id());
        for dialect in &ids {
            let id = dialect["id"].as_str().expect("text");
            assert_eq!(dialect["restBase"], app.rest_url(id).expect("it is served"), "{id}");
            assert_eq!(dialect["socketBase"], app.socket_url(id).expect("it is served"), "{id}");
        }
        ids.dedup_by_key(|dialect| dialect["id"].clone());
        assert_eq!(ids.len(), Backend::all().len());
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn some_backends_can_be_left_out_and_a_proxy_named() {
    let mut config = Config::demo();
    config.backends.retain(|backend, _| !["storefront", "hearth"].contains(&backend.id()));
    let market = Backend::parse("marketplace").and_then(|backend| config.backends.get_mut(&backend));
    market.expect("it is served").public.rest = Some("https://calls.example/market/api".to_owned());
    let app = App::start(config).await.expect("a server");

    assert_eq!((app.rest_url("storefront"), app.socket_url("hearth")), (None, None));
    let base = app.socket_url("clinic").expect("it is served");
    let url = format!("{base}/.well-known/bellwire.json");
    let found: Value = reqwest::get(&url).await.expect("a reply").json().await.expect("json");
    let ids: Vec<_> =
        found["dialects"].as_array().expect("a list").iter().map(|dialect| &dialect["id"]).collect();
    assert_eq!(ids, ["clinic", "dealerdesk", "marketplace"]);
    let market = &found["dialects"][2];
    assert_eq!(market["restBase"], "https://calls.example/market/api");
    assert_eq!(market["socketBase"], "https://calls.example/market");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_named_origins_may_bring_cookies_and_of_any_origin_none() {
    for (allowed, with_cookies) in [("https://shop.example", true), ("*", false)] {
        let config = Config { allowed_origins: vec![allowed.to_owned()], ..Config::demo() };
        let app = App::start(config).await.expect("a server");
        let ask = async |origin: &str| {
            let url = format!("{}/video-call/ice-servers", rest(&app));
            reqwest::Client::new().get(url).header("origin", origin).send().await.expect("a reply")
        };
        let reply = ask("https://shop.example").await;
        assert_eq!(reply.headers()["access-control-allow-origin"], allowed);
        assert_eq!(reply.headers().contains_key("access-control-allow-credentials"), with_cookies);
        let other = ask("https://elsewhere.example").await;
        let let_in = other.headers().contains_key("access-control-allow-origin");
        assert_eq!(let_in, !with_cookies, "another origin, {allowed}");
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_in_sets_a_cookie_for_the_role_and_the_wrong_door_says_so() {
    let app = server().await;
    let login = async |path: &str, email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        let reply = reqwest::Client::new().post(format!("{}{path}", rest(&app))).json(&body).send().await;
        reply.expect("a reply")
    };
    let password = bellwire_server::DEMO_PASSWORD;
    let reply = login("/shop/login-shop", "SELLER@demo.example", password).await;
    let cookie = reply.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert_eq!(reply.status(), 201);
    assert!(cookie.starts_with("seller_token=") && cookie.contains("HttpOnly"), "{cookie}");
    assert_eq!(login("/user/login-user", "seller@demo.example", password).await.status(), 401);
    assert_eq!(login("/user/login-user", "seller@demo.example", "wrong").await.status(), 400);
    assert_eq!(login("/user/login-user", "nobody@demo.example", password).await.status(), 400);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_online_is_told_to_related_people_only() {
    let app = server().await;
    let (seller, amira, bo) = (Person::seller(&app).await, Person::amira(&app).await, Person::bo(&app).await);
    let (mut shop, mut phone) = (seller.device().await, amira.device().await);
    phone.settled().await;
    shop.settled().await;
    let online = async |who: Option<&Person>| {
        let url = format!("{}/online-users", socket(&app));
        let request = reqwest::Client::new().get(url);
        let request = match who {
            Some(person) => request.bearer_auth(&person.token),
            None => request,
        };
        let reply = request.send().await.expect("a reply");
        (reply.status().as_u16(), reply.json::<Value>().await.expect("json")["count"].as_u64())
    };

    assert_eq!(online(None).await, (401, None));
    assert_eq!(online(Some(&seller)).await, (200, Some(2)));
    assert_eq!(online(Some(&bo)).await, (200, Some(1)), "the shop, not the other customer");
    app.stop().await;
}

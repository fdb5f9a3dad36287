//! Files an administrator imports.

use std::path::Path;

use crate::program::{done, refused};

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("written");
}

const SHOP: &str = r#"{
  "orders": [
    {"number": "A-1", "seller": "shop@x.example", "customer": "bo@x.example", "total_cents": 1990,
     "status": "Delivered", "ordered_at": "2026-01-02T03:04:05Z"}
  ],
  "products": [{"id": "p1", "seller": "shop@x.example", "name": "A mug", "price_cents": 1200}],
  "people": [
    {"role": "seller", "email": "Shop@X.example", "name": "Cups", "phone": "+47 1"},
    {"role": "customer", "email": "bo@x.example", "name": "Bo", "password": "ring-ring-bo"}
  ]
}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_is_imported_once_however_often_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    write(folder, "shop.json", SHOP);
    let import = ["import", "shop.json", "--backend", "storefront"];

    let said = refused(folder, &import).await;
    assert!(said.contains("passwords have to be made up for 1 people"), "{said}");
    let import = [&import[..], &["--passwords-out", "passwords"]].concat();
    let said = done(folder, &import).await;
    for kind in ["orders: 1 added, 0", "people: 2 added, 0", "products: 1 added, 0"] {
        assert!(said.contains(kind), "{said}");
    }
    let passwords = std::fs::read_to_string(folder.join("passwords")).expect("written");
    assert!(
        passwords.starts_with("seller\tshop@x.example\t") && passwords.lines().count() == 1,
        "{passwords}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.join("passwords")).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    let said = done(folder, &import).await;
    assert!(
        said.ends_with("nothing to change\n") && said.contains("people: 0 added, 0 changed, 2"),
        "{said}"
    );
    write(folder, "shop.json", &SHOP.replace("A mug", "A cup").replace("ring-ring-bo", "another-password"));
    let said = done(folder, &import).await;
    assert!(
        said.contains("products: 0 added, 1 changed") && said.contains("people: 0 added, 1 changed, 1"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_with_one_bad_row_imports_nothing_and_every_bad_row_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let table = "role,email,name,password\n\
        customer,good@x.example,Good,ring-ring-1\n\
        customer,not an address,Bad,ring-ring-1\n\
        pilot,p@x.example,Bad,ring-ring-1\n\
        customer,short@x.example,Bad,short\n\
        customer,none@x.example,,ring-ring-1\n";
    write(folder, "people.csv", table);

    let said =
        refused(folder, &["import", "people.csv", "--backend", "storefront", "--kind", "people"]).await;

    for line in [
        "line 3, people: email: \"not an address\" is not an e-mail address",
        "line 4, people: role is not one of seller, customer: \"pilot\"",
        "line 5, people: the password has less than 8 characters",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert_eq!(done(folder, &["user", "list", "--backend", "storefront"]).await, "");
    let bad = SHOP
        .replace("\"bo@x.example\", \"total", "\"nobody@x.example\", \"total")
        .replace("p1\"", "p1\", \"colour\": 7");
    write(folder, "shop.json", &bad);
    let import = ["import", "shop.json", "--backend", "storefront", "--passwords-out", "passwords"];
    let said = refused(folder, &import).await;
    for line in [
        "line 3, orders: there is no customer \"nobody@x.example\"",
        "line 6, products: unknown fields: \"colour\"",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert_eq!(done(folder, &["user", "list", "--backend", "storefront"]).await, "");
    assert!(!folder.join("passwords").exists(), "no password of nobody");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_files_are_refused_with_a_word() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let deep = format!("{{\"people\": [{}", "[".repeat(200_000));
    let long = format!(
        "{{\"people\": [{{\"role\": \"customer\", \"email\": \"{}@x.example\"}}]}}",
        "a".repeat(100_000)
    );
    let cases: [(&str, &[u8], &str); 8] = [
        ("empty.json", b"", "line 1"),
        ("deep.json", deep.as_bytes(), "line 1"),
        ("long.json", long.as_bytes(), "email is longer than"),
        ("text.json", b"\x00\xff\xfe", "not UTF-8"),
        (
            "kind.json",
            br#"{"people": [], "ships": [{}]}"#,
            "has no such records; there are people, products, orders",
        ),
        ("null.json", br#"{"people": [{"role": "customer", "email": "a\u0000b@x.example"}]}"#, "email"),
        ("types.json", br#"{"people": [{"role": {}, "email": []}]}"#, "role is not a text"),
        ("quote.csv", b"role,email\ncustomer,\"never closed\n", "line 2"),
    ];
    for (name, bytes, says) in cases {
        std::fs::write(folder.join(name), bytes).expect("written");
        let mut arguments = vec!["import", name, "--backend", "storefront", "--passwords-out", "p"];
        if name.ends_with("csv") {
            arguments.extend(["--kind", "people"]);
        }
        let said = refused(folder, &arguments).await;
        assert!(said.contains(says), "{name}: {said:.500}");
    }
    write(folder, "people.txt", "");
    assert!(refused(folder, &["import", "people.txt", "--backend", "clinic"]).await.contains(".json"));
}

//! Settings as the interface is sent them.

use bellwire_engine::Typed;
use serde_json::{Value, json};

use crate::storage::settings::managed::ManagedServer;
use crate::storage::settings::view::ManagedView;
use crate::storage::settings::{Favourite, Settings, SettingsView, Theme};

pub(super) fn sample() -> Value {
    let settings = Settings {
        favourites: vec![Favourite {
            dialect: "storefront".into(),
            server: "calls.example.com".into(),
            person: "u-2".into(),
            name: "Ben".into(),
        }],
        replies: vec!["I call you back.".into()],
        ..Settings::default()
    };
    let server = ManagedServer {
        label: "Support desk".into(),
        server: "calls.example.com".into(),
        dialect: Some("storefront".into()),
    };
    json!({
        "view": SettingsView {
            settings,
            locked: vec!["theme".into(), "keys.mute".into()],
            managed: ManagedView { servers: vec![server], only: true },
        },
        "typed": Typed {
            server: "calls.example.com".into(),
            dialect: Some("storefront".into()),
            role: "seller".into(),
            email: "ada@example.com".into(),
            ..Typed::default()
        },
        "themes": [Theme::System, Theme::Light, Theme::Dark, Theme::HighContrast],
    })
}

//! A system tray for tests on a session's bus: takes icons, reads their menus and clicks in them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, ensure};
use zbus::message::Header;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, Proxy, interface};

use crate::{Session, until};

const NAME: &str = "org.kde.StatusNotifierWatcher";

/// Bus name and object of an icon.
type Item = (String, String);
/// Number, properties and children of a menu entry.
type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// An entry of a menu, with what is below it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: i32,
    /// Without the underscores that mark keys.
    pub label: String,
    pub enabled: bool,
    /// For entries with a check mark.
    pub checked: Option<bool>,
    pub children: Vec<Self>,
}

#[derive(Debug)]
struct Watcher {
    items: Arc<Mutex<Vec<Item>>>,
}

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, service: String, #[zbus(header)] header: Header<'_>) {
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        let item = if service.starts_with('/') {
            (sender, service)
        } else {
            (service, "/StatusNotifierItem".into())
        };
        self.items.lock().unwrap_or_else(PoisonError::into_inner).push(item);
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        items.iter().map(|(name, path)| format!("{name}{path}")).collect()
    }
}

/// The panel, for as long as it is kept.
#[derive(Debug)]
pub struct Tray {
    connection: Connection,
    items: Arc<Mutex<Vec<Item>>>,
}

impl Tray {
    pub async fn start(session: &Session) -> anyhow::Result<Self> {
        let items = Arc::<Mutex<Vec<Item>>>::default();
        let watcher = Watcher { items: Arc::clone(&items) };
        let builder = zbus::connection::Builder::address(session.bus())?;
        let connection = builder.name(NAME)?.serve_at("/StatusNotifierWatcher", watcher)?.build().await?;
        Ok(Self { connection, items })
    }

    /// How many icons have come, gone ones included.
    pub fn count(&self) -> usize {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Waits for an icon; the newest counts.
    async fn item(&self) -> anyhow::Result<Item> {
        let newest = || self.items.lock().unwrap_or_else(PoisonError::into_inner).last().cloned();
        until("the program has a tray icon", async || Ok(newest())).await
    }

    async fn item_proxy(&self) -> anyhow::Result<Proxy<'_>> {
        let (name, path) = self.item().await?;
        let builder = zbus::proxy::Builder::new(&self.connection).destination(name)?.path(path)?;
        // Its properties change without a signal that zbus would hear.
        let builder = builder
            .interface("org.kde.StatusNotifierItem")?
            .cache_properties(zbus::proxy::CacheProperties::No);
        Ok(builder.build().await?)
    }

    /// A property of the icon that is a text: `Status`, `Title`, `IconName`, `IconThemePath`.
    pub async fn property(&self, name: &str) -> anyhow::Result<String> {
        Ok(self.item_proxy().await?.get_property::<String>(name).await?)
    }

    /// The file of the icon that is shown.
    pub async fn icon(&self) -> anyhow::Result<PathBuf> {
        let name = PathBuf::from(self.property("IconName").await?);
        if name.is_absolute() {
            return Ok(name);
        }
        let folder = PathBuf::from(self.property("IconThemePath").await?);
        Ok(folder.join(name).with_extension("png"))
    }

    /// The pixels of the icon that is shown, with the size in front: equal for the same picture.
    pub async fn icon_pixels(&self) -> anyhow::Result<Vec<u8>> {
        pixels(&self.icon().await?)
    }

    async fn menu_proxy(&self) -> anyhow::Result<Proxy<'_>> {
        let item = self.item_proxy().await?;
        let path: OwnedObjectPath = item.get_property("Menu").await?;
        let name = item.destination().to_owned();
        Ok(Proxy::new(&self.connection, name, path, "com.canonical.dbusmenu").await?)
    }

    /// The menu as it is now, without separators and hidden entries.
    pub async fn menu(&self) -> anyhow::Result<Vec<Entry>> {
        let menu = self.menu_proxy().await?;
        // Some menus are only filled when they are about to be shown.
        drop(menu.call_method("AboutToShow", &(0_i32)).await);
        let (_, layout): (u32, Layout) =
            menu.call("GetLayout", &(0_i32, -1_i32, Vec::<String>::new())).await?;
        entries(layout.2)
    }

    /// Waits for an entry with this text, at any depth.
    pub async fn entry(&self, label: &str) -> anyhow::Result<Entry> {
        let mut last = Vec::new();
        let found = until(format!("the tray menu has {label:?}"), async || {
            last = self.menu().await?;
            Ok(search(&last, label))
        });
        found.await.with_context(|| format!("the menu is {last:?}"))
    }

    /// Clicks an entry once it is there and can be clicked.
    pub async fn click(&self, label: &str) -> anyhow::Result<()> {
        // Drawn anew between the two questions, the menu has other numbers: it is looked up again.
        until(format!("{label:?} in the tray menu can be clicked"), async || {
            let Some(entry) = search(&self.menu().await?, label).filter(|entry| entry.enabled) else {
                return Ok(None);
            };
            let event = (entry.id, "clicked", Value::from(0_i32), 0_u32);
            match self.menu_proxy().await?.call_method("Event", &event).await {
                Ok(_) => Ok(Some(())),
                Err(zbus::Error::MethodError(..)) => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    /// Leaves the bus, as after a crash.
    pub async fn stop(self) -> anyhow::Result<()> {
        Ok(self.connection.close().await?)
    }
}

/// The pixels of a picture file, with the size in front.
pub fn pixels(file: &std::path::Path) -> anyhow::Result<Vec<u8>> {
    let mut command = std::process::Command::new("convert");
    let done = command.arg(file).args(["-depth", "8", "pam:-"]).output().context("convert is missing")?;
    ensure!(done.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&done.stderr));
    Ok(done.stdout)
}

fn search(entries: &[Entry], label: &str) -> Option<Entry> {
    entries.iter().find_map(|entry| {
        if entry.label == label { Some(entry.clone()) } else { search(&entry.children, label) }
    })
}

fn entries(children: Vec<OwnedValue>) -> anyhow::Result<Vec<Entry>> {
    let mut all = Vec::new();
    for child in children {
        let (id, properties, below) = Layout::try_from(child)?;
        let text = |name: &str| properties.get(name).and_then(|v| v.downcast_ref::<String>().ok());
        let flag =
            |name: &str| properties.get(name).and_then(|v| v.downcast_ref::<bool>().ok()).unwrap_or(true);
        if !flag("visible") || text("type").is_some_and(|kind| kind == "separator") {
            continue;
        }
        let marked = text("toggle-type").is_some_and(|kind| !kind.is_empty());
        let state = properties.get("toggle-state").and_then(|v| v.downcast_ref::<i32>().ok());
        all.push(Entry {
            id,
            label: plain(&text("label").unwrap_or_default()),
            enabled: flag("enabled"),
            checked: marked.then_some(state == Some(1)),
            children: entries(below)?,
        });
    }
    Ok(all)
}

/// Without the underscores before key letters; a doubled one is one that is meant.
fn plain(label: &str) -> String {
    label.replace("__", "\u{1}").replace('_', "").replace('\u{1}', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_marks_are_not_part_of_a_label() {
        assert_eq!(plain("_Open"), "Open");
        assert_eq!(plain("snake__case"), "snake_case");
    }
}

//! The tray: an icon by state, and a menu with people to call, the call that goes on, do-not-disturb.
//! Made anew only when what it shows has changed. Whether there is a tray at all is `tray/availability`.

mod availability;
mod menu;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use bellwire_engine::{AccountId, EngineView, Handle, HistoryEntry};
use tauri::image::Image;
use tauri::menu::{
    CheckMenuItemBuilder, IsMenuItem, Menu, MenuItemBuilder, PredefinedMenuItem, Submenu, SubmenuBuilder,
};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Manager, Wry};
use tracing::{debug, warn};

use crate::desktop::tauri_ui::TauriUi;
use crate::desktop::windows::Windows;
use crate::i18n::Words;
use crate::ring::actions;
use crate::ring::do_not_disturb::expiry;
use crate::shell_state::{DesktopView, Quiet, Surroundings};
use crate::storage::settings::SettingsStore;
use crate::tasks::Tasks;
use crate::ui::Ui;
use menu::{Act, Entry, Shown, Sign, Source};

/// Calls of the log in which the people to show are looked for.
const LOOKED_AT: u32 = 100;

/// What the tray needs of the program.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) app: AppHandle,
    pub(crate) desktop: Arc<TauriUi>,
    pub(crate) engine: Handle,
    pub(crate) settings: SettingsStore,
    pub(crate) surroundings: Arc<Surroundings>,
    pub(crate) windows: Arc<Windows>,
    pub(crate) tasks: Tasks,
}

/// What a click on a line of the present menu does, by the line's id.
type Acts = Arc<Mutex<HashMap<String, Act>>>;

/// Shows the state in the tray until the program ends.
pub(crate) async fn follow(parts: Parts) {
    let mut view = parts.engine.view();
    let mut settings = parts.settings.subscribe();
    let mut state = parts.surroundings.subscribe();
    let mut log = parts.engine.log().revision();
    let mut accounts = signed_in(&view.borrow());
    let mut history = recent(&parts.engine).await;
    let acts = Acts::default();
    let mut icon: Option<TrayIcon> = None;
    let mut last: Option<Shown> = None;
    let mut looking = false;
    loop {
        let desktop = state.borrow_and_update().clone();
        let shown = shown(&parts, &view.borrow_and_update(), &history, &desktop);
        if last.as_ref() != Some(&shown) {
            match apply(&parts, icon.take(), shown.clone(), &acts).await {
                Ok(made) => {
                    (icon, last) = (Some(made), Some(shown));
                    // Without an icon of ours there is nothing to close to, whatever panel there is.
                    if !std::mem::replace(&mut looking, true) {
                        parts.tasks.spawn(availability::follow(Arc::clone(&parts.surroundings)));
                    }
                }
                Err(error) => {
                    warn!(%error, "No tray icon");
                    return;
                }
            }
        }
        tokio::select! {
            Ok(()) = view.changed() => {
                // Whose calls they are is known by who is signed in.
                let now = signed_in(&view.borrow());
                if now != accounts {
                    accounts = now;
                    history = recent(&parts.engine).await;
                }
            }
            Ok(()) = settings.changed() => settings.mark_unchanged(),
            Ok(()) = state.changed() => {}
            Ok(()) = log.changed() => {
                log.mark_unchanged();
                history = recent(&parts.engine).await;
            }
            else => return,
        }
    }
}

fn signed_in(view: &EngineView) -> Vec<AccountId> {
    view.accounts.iter().map(|account| account.id).collect()
}

/// The newest calls of the log on this machine; when that cannot be read there are none. It follows the
/// log's revision, so it must ask no backend: what comes from there moves the revision.
async fn recent(engine: &Handle) -> Vec<HistoryEntry> {
    match engine.recent(LOOKED_AT).await {
        Ok(page) => page.entries,
        Err(error) => {
            debug!(%error, "No recent people");
            Vec::new()
        }
    }
}

fn shown(parts: &Parts, view: &EngineView, history: &[HistoryEntry], desktop: &DesktopView) -> Shown {
    let settings = parts.settings.current();
    menu::show(Source {
        view,
        history,
        favourites: &settings.favourites,
        missed: desktop.missed,
        restoring: !desktop.restoring.is_empty(),
        do_not_disturb: settings.do_not_disturb,
        quiet: desktop.quiet != Quiet::Off,
        quiet_locked: parts.settings.managed().locked.iter().any(|name| name == "do_not_disturb"),
        words: &Words::now(&settings).tray,
    })
}

/// Puts it on the screen; menus are made on the main thread.
async fn apply(parts: &Parts, icon: Option<TrayIcon>, shown: Shown, acts: &Acts) -> tauri::Result<TrayIcon> {
    let (done, made) = tokio::sync::oneshot::channel();
    let (parts_there, acts) = (parts.clone(), Arc::clone(acts));
    parts.app.run_on_main_thread(move || {
        // The library that draws it is loaded when it is first used, and panics where it is not installed.
        let drawn = catch_unwind(AssertUnwindSafe(|| draw(&parts_there, icon, &shown, &acts)));
        let _ = done.send(drawn.unwrap_or(Err(tauri::Error::FailedToReceiveMessage)));
    })?;
    made.await.unwrap_or(Err(tauri::Error::FailedToReceiveMessage))
}

fn draw(parts: &Parts, icon: Option<TrayIcon>, shown: &Shown, acts: &Acts) -> tauri::Result<TrayIcon> {
    let mut known = HashMap::new();
    let menu = Menu::new(&parts.app)?;
    for line in lines(&parts.app, &shown.entries, &mut known)? {
        menu.append(line.as_ref())?;
    }
    let picture = Image::from_bytes(picture(shown.sign, on_dark_panel(parts)))?;
    *acts.lock().unwrap_or_else(PoisonError::into_inner) = known;
    if let Some(icon) = icon {
        icon.set_menu(Some(menu))?;
        icon.set_icon(Some(picture))?;
        icon.set_tooltip(Some(&shown.tooltip))?;
        return Ok(icon);
    }
    let (parts, acts) = (parts.clone(), Arc::clone(acts));
    let app = parts.app.clone();
    // Two programs beside each other would write one picture over the other's.
    TrayIconBuilder::with_id(format!("bellwire-{}", std::process::id()))
        .menu(&menu)
        .icon(picture)
        .icon_as_template(cfg!(target_os = "macos"))
        .tooltip(&shown.tooltip)
        .on_menu_event(move |_, event| {
            let act = acts.lock().unwrap_or_else(PoisonError::into_inner).get(event.id().0.as_str()).cloned();
            if let Some(act) = act {
                parts.tasks.spawn(perform(parts.clone(), act));
            }
        })
        .build(&app)
}

type Line = Box<dyn IsMenuItem<Wry>>;

fn lines(app: &AppHandle, entries: &[Entry], known: &mut HashMap<String, Act>) -> tauri::Result<Vec<Line>> {
    entries.iter().map(|entry| line(app, entry, known)).collect()
}

fn line(app: &AppHandle, entry: &Entry, known: &mut HashMap<String, Act>) -> tauri::Result<Line> {
    let mut id = |act: &Act| {
        let id = act.id();
        known.insert(id.clone(), act.clone());
        id
    };
    Ok(match entry {
        Entry::Rule => Box::new(PredefinedMenuItem::separator(app)?),
        Entry::Heading(text) => Box::new(MenuItemBuilder::new(escaped(text)).enabled(false).build(app)?),
        Entry::Item { act, text } => Box::new(MenuItemBuilder::with_id(id(act), escaped(text)).build(app)?),
        Entry::Check { act, text, on, enabled } => Box::new(
            CheckMenuItemBuilder::with_id(id(act), escaped(text))
                .checked(*on)
                .enabled(*enabled)
                .build(app)?,
        ),
        Entry::Group { text, enabled, entries } => {
            let group: Submenu<Wry> = SubmenuBuilder::new(app, escaped(text)).enabled(*enabled).build()?;
            for line in lines(app, entries, known)? {
                group.append(line.as_ref())?;
            }
            Box::new(group)
        }
    })
}

/// An ampersand would underline the letter after it.
fn escaped(text: &str) -> String {
    text.replace('&', "&&")
}

async fn perform(parts: Parts, act: Act) {
    let engine = &parts.engine;
    let ring = |act| actions::act(act, engine, &*parts.desktop);
    match act {
        Act::Open => ring(actions::Act::Show).await,
        Act::Quit => parts.windows.quit(),
        Act::Missed => ring(actions::Act::ShowHistory).await,
        Act::Quiet(Some(length)) => expiry::begin(&parts.settings, length).await,
        Act::Quiet(None) => expiry::end(&parts.settings).await,
        Act::Microphone(on) => engine.set_microphone(on).await,
        Act::Answer(call) => ring(actions::Act::Accept(call)).await,
        Act::EndAndAnswer(call) => ring(actions::Act::EndAndAccept(call)).await,
        Act::Decline(call) => ring(actions::Act::Decline(call)).await,
        Act::HangUp(call) => engine.hang_up(call).await,
        Act::Call { account, person, kind, subject } => {
            engine.dial(account, person, kind, subject).await;
            parts.desktop.show_main();
        }
    }
}

/// Whether the panel is likely to be dark. Nothing says so; GNOME's and its kin's always are.
fn on_dark_panel(parts: &Parts) -> bool {
    let desktop = std::env::var("XDG_CURRENT_DESKTOP").unwrap_or_default().to_ascii_lowercase();
    if ["gnome", "unity", "pantheon", "cinnamon"].iter().any(|dark| desktop.contains(dark)) {
        return true;
    }
    let main = parts.app.get_webview_window(crate::desktop::windows::MAIN);
    main.and_then(|main| main.theme().ok()).is_some_and(|theme| theme == tauri::Theme::Dark)
}

macro_rules! pictures {
    ($name:literal) => {
        [
            include_bytes!(concat!("../../../icons/tray/", $name, "-44.png")),
            include_bytes!(concat!("../../../icons/tray/", $name, "-light-44.png")),
        ]
    };
}

fn picture(sign: Sign, dark_panel: bool) -> &'static [u8] {
    let [dark, light]: [&[u8]; 2] = match sign {
        Sign::Idle => pictures!("idle"),
        Sign::Missed | Sign::Waiting => pictures!("missed"),
        Sign::InCall => pictures!("in-call"),
        Sign::Muted => pictures!("muted"),
        Sign::Offline => pictures!("offline"),
        Sign::Quiet => pictures!("quiet"),
    };
    if dark_panel { light } else { dark }
}

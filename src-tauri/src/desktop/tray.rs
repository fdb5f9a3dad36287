//! The system tray: an icon by state, and a menu with people to call, the active call and do-not-disturb.
//! Rebuilt only when its content has changed. Whether there is a tray is `tray/availability`.

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
use crate::i18n::Strings;
use crate::ring::actions;
use crate::ring::do_not_disturb::expiry;
use crate::shell_state::{DesktopView, Quiet, ShellState};
use crate::storage::settings::SettingsStore;
use crate::tasks::Tasks;
use crate::ui::Ui;
use menu::{Entry, IconState, MenuAction, MenuInput, TrayContent};

/// Entries of the call log in which recent people are searched.
const HISTORY_ENTRIES: u32 = 100;

/// The parts of the program that the tray uses.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) app: AppHandle,
    pub(crate) ui: Arc<TauriUi>,
    pub(crate) engine: Handle,
    pub(crate) settings: SettingsStore,
    pub(crate) shell_state: Arc<ShellState>,
    pub(crate) windows: Arc<Windows>,
    pub(crate) tasks: Tasks,
}

/// The actions of the present menu, by the ids of its items.
type MenuActions = Arc<Mutex<HashMap<String, MenuAction>>>;

/// Keeps the tray up to date.
pub(crate) async fn follow(parts: Parts) {
    let mut view = parts.engine.view();
    let mut settings = parts.settings.subscribe();
    let mut state = parts.shell_state.subscribe();
    let mut log = parts.engine.log().revision();
    let mut accounts = signed_in(&view.borrow());
    let mut history = recent(&parts.engine).await;
    let actions_by_id = MenuActions::default();
    let mut icon: Option<TrayIcon> = None;
    let mut last: Option<TrayContent> = None;
    let mut availability_followed = false;
    loop {
        let desktop = state.borrow_and_update().clone();
        let shown = shown(&parts, &view.borrow_and_update(), &history, &desktop);
        if last.as_ref() != Some(&shown) {
            match apply(&parts, icon.take(), shown.clone(), &actions_by_id).await {
                Ok(made) => {
                    (icon, last) = (Some(made), Some(shown));
                    // Without our icon there is nothing to close to, even if there is a panel.
                    if !std::mem::replace(&mut availability_followed, true) {
                        parts.tasks.spawn(availability::follow(Arc::clone(&parts.shell_state)));
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
                // The log names calls by account.
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
    match engine.recent(HISTORY_ENTRIES).await {
        Ok(page) => page.entries,
        Err(error) => {
            debug!(%error, "No recent people");
            Vec::new()
        }
    }
}

fn shown(parts: &Parts, view: &EngineView, history: &[HistoryEntry], desktop: &DesktopView) -> TrayContent {
    let settings = parts.settings.current();
    menu::show(MenuInput {
        view,
        history,
        favourites: &settings.favourites,
        missed: desktop.missed,
        restoring: !desktop.restoring.is_empty(),
        do_not_disturb: settings.do_not_disturb,
        quiet: desktop.quiet != Quiet::Off,
        quiet_locked: parts.settings.managed().locked.iter().any(|name| name == "do_not_disturb"),
        strings: &Strings::now(&settings).tray,
    })
}

/// Shows it; menus are created on the main thread.
async fn apply(
    parts: &Parts,
    icon: Option<TrayIcon>,
    shown: TrayContent,
    actions_by_id: &MenuActions,
) -> tauri::Result<TrayIcon> {
    let (done, made) = tokio::sync::oneshot::channel();
    let (parts_there, actions_by_id) = (parts.clone(), Arc::clone(actions_by_id));
    parts.app.run_on_main_thread(move || {
        // The indicator library is loaded at its first use, which panics if it is not installed.
        let drawn = catch_unwind(AssertUnwindSafe(|| draw(&parts_there, icon, &shown, &actions_by_id)));
        let _ = done.send(drawn.unwrap_or(Err(tauri::Error::FailedToReceiveMessage)));
    })?;
    made.await.unwrap_or(Err(tauri::Error::FailedToReceiveMessage))
}

fn draw(
    parts: &Parts,
    icon: Option<TrayIcon>,
    shown: &TrayContent,
    actions_by_id: &MenuActions,
) -> tauri::Result<TrayIcon> {
    let mut by_id = HashMap::new();
    let menu = Menu::new(&parts.app)?;
    for line in lines(&parts.app, &shown.entries, &mut by_id)? {
        menu.append(line.as_ref())?;
    }
    let picture = Image::from_bytes(picture(shown.icon_state, on_dark_panel(parts)))?;
    *actions_by_id.lock().unwrap_or_else(PoisonError::into_inner) = by_id;
    if let Some(icon) = icon {
        icon.set_menu(Some(menu))?;
        icon.set_icon(Some(picture))?;
        icon.set_tooltip(Some(&shown.tooltip))?;
        return Ok(icon);
    }
    let (parts, actions_by_id) = (parts.clone(), Arc::clone(actions_by_id));
    let app = parts.app.clone();
    // Two instances would overwrite each other's icon file.
    TrayIconBuilder::with_id(format!("bellwire-{}", std::process::id()))
        .menu(&menu)
        .icon(picture)
        .icon_as_template(cfg!(target_os = "macos"))
        .tooltip(&shown.tooltip)
        .on_menu_event(move |_, event| {
            let act = actions_by_id
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(event.id().0.as_str())
                .cloned();
            if let Some(act) = act {
                parts.tasks.spawn(perform(parts.clone(), act));
            }
        })
        .build(&app)
}

type Line = Box<dyn IsMenuItem<Wry>>;

fn lines(
    app: &AppHandle,
    entries: &[Entry],
    by_id: &mut HashMap<String, MenuAction>,
) -> tauri::Result<Vec<Line>> {
    entries.iter().map(|entry| line(app, entry, by_id)).collect()
}

fn line(app: &AppHandle, entry: &Entry, by_id: &mut HashMap<String, MenuAction>) -> tauri::Result<Line> {
    let mut id = |act: &MenuAction| {
        let id = act.id();
        by_id.insert(id.clone(), act.clone());
        id
    };
    Ok(match entry {
        Entry::Separator => Box::new(PredefinedMenuItem::separator(app)?),
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
            for line in lines(app, entries, by_id)? {
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

async fn perform(parts: Parts, act: MenuAction) {
    let engine = &parts.engine;
    let ring = |action| actions::perform(action, engine, &*parts.ui);
    match act {
        MenuAction::Open => ring(actions::CallAction::Show).await,
        MenuAction::Quit => parts.windows.quit(),
        MenuAction::Missed => ring(actions::CallAction::ShowHistory).await,
        MenuAction::Quiet(Some(length)) => expiry::begin(&parts.settings, length).await,
        MenuAction::Quiet(None) => expiry::end(&parts.settings).await,
        MenuAction::Microphone(on) => engine.set_microphone(on).await,
        MenuAction::Answer(call) => ring(actions::CallAction::Accept(call)).await,
        MenuAction::EndAndAnswer(call) => ring(actions::CallAction::EndAndAccept(call)).await,
        MenuAction::Decline(call) => ring(actions::CallAction::Decline(call)).await,
        MenuAction::HangUp(call) => engine.hang_up(call).await,
        MenuAction::Call { account, person, kind, subject } => {
            engine.dial(account, person, kind, subject).await;
            parts.ui.show_main();
        }
    }
}

/// Whether the panel is likely to be dark. There is no interface for it; panels of GNOME and its forks always
/// are.
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

fn picture(icon_state: IconState, dark_panel: bool) -> &'static [u8] {
    let [dark, light]: [&[u8]; 2] = match icon_state {
        IconState::Idle => pictures!("idle"),
        IconState::Missed | IconState::Waiting => pictures!("missed"),
        IconState::InCall => pictures!("in-call"),
        IconState::Muted => pictures!("muted"),
        IconState::Offline => pictures!("offline"),
        IconState::Quiet => pictures!("quiet"),
    };
    if dark_panel { light } else { dark }
}

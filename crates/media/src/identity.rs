//! Device identity: finds a device again after a restart, after replugging, in another socket, under another
//! number. It opens nothing.
//!
//! A system's id says how a device is reached now. PulseAudio's and Core Audio's are made of name and
//! bus and last; others number what they find. So what is kept of a choice is the id with a second
//! mark: a sound device's label (`pulseaudio:alsa_input.usb-Yeti-00?label=Blue Yeti`), a camera's bus
//! (`camera:HD Webcam?bus=1-2:1.0`). A sound device is looked for by id, then by label; a camera by name
//! and bus, then by name. Ids without the second mark are good too.

const LABEL: &str = "?label=";
const BUS: &str = "?bus=";

/// A sound device as it should be kept.
pub(crate) fn sound(id: &str, label: &str) -> String {
    format!("{id}{LABEL}{label}")
}

/// A camera as it should be kept; `bus` may be empty.
pub(crate) fn camera(name: &str, bus: &str) -> String {
    if bus.is_empty() { format!("camera:{name}") } else { format!("camera:{name}{BUS}{bus}") }
}

/// Which of these sound devices, as id and label, is meant.
pub(crate) fn find_sound(kept: &str, devices: &[(String, String)]) -> Option<usize> {
    let by_id = |wanted: &str| devices.iter().position(|(id, _)| id == wanted);
    let Some((id, label)) = kept.rsplit_once(LABEL) else { return by_id(kept) };
    by_id(id).or_else(|| devices.iter().position(|(_, own)| own == label))
}

/// A camera's name and the bus it was on, out of what follows `camera:`.
pub(crate) fn camera_parts(kept: &str) -> (&str, Option<&str>) {
    match kept.rsplit_once(BUS) {
        Some((name, bus)) => (name, Some(bus)),
        None => (kept, None),
    }
}

/// The device `index` as it is called in a list: by the words somebody chose it with, if somebody did.
pub(crate) fn called(
    index: usize,
    ids: &[String],
    chosen: &[&str],
    found: impl Fn(&str) -> Option<usize>,
) -> String {
    let as_chosen = chosen.iter().find(|kept| found(kept) == Some(index));
    as_chosen.map_or_else(|| ids[index].clone(), |kept| (*kept).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn devices(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(id, label)| ((*id).to_owned(), (*label).to_owned())).collect()
    }

    #[test]
    fn a_device_is_found_by_id_and_under_a_new_id_by_its_label() {
        let kept = sound("pulse:usb-1", "Headset");
        let same = devices(&[("pulse:lid", "Headset"), ("pulse:usb-1", "Headset")]);
        assert_eq!(find_sound(&kept, &same), Some(1), "the id goes before the label");
        let moved = devices(&[("pulse:lid", "Lid"), ("pulse:usb-1.2", "Headset")]);
        assert_eq!(find_sound(&kept, &moved), Some(1));
        assert_eq!(find_sound(&kept, &devices(&[("pulse:lid", "Lid")])), None);
        assert_eq!(find_sound("pulse:lid", &moved), Some(0));
        assert_eq!(find_sound("Headset", &moved), None, "a label alone is no choice");
    }

    #[test]
    fn a_list_shows_what_was_chosen_under_the_words_it_was_chosen_with() {
        let kept = sound("pulse:usb-1", "Headset");
        let now = devices(&[("pulse:usb-1.2", "Headset"), ("pulse:lid", "Lid")]);
        let ids: Vec<String> = now.iter().map(|(id, label)| sound(id, label)).collect();
        let find = |words: &str| find_sound(words, &now);
        let chosen = ["default", kept.as_str(), "pulse:lid"];
        assert_eq!(called(0, &ids, &chosen, find), kept);
        assert_eq!(called(1, &ids, &chosen, find), "pulse:lid");
        assert_eq!(called(1, &ids, &["default"], find), "pulse:lid?label=Lid");
    }

    #[test]
    fn a_camera_keeps_its_bus() {
        assert_eq!(camera_parts("Cam #2?bus=1-2:1.0"), ("Cam #2", Some("1-2:1.0")));
        assert_eq!(camera_parts("Cam"), ("Cam", None));
        assert_eq!(camera("Cam", ""), "camera:Cam");
        assert_eq!(camera("Cam", "1-2:1.0"), "camera:Cam?bus=1-2:1.0");
    }
}

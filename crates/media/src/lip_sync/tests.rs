//! Tests of the lip sync, in stepped time.

use proptest::prelude::*;

use super::*;

const NTP_SECOND: u64 = 1 << 32;

fn reports(clock: &LipSync) {
    clock.report(TrackKind::Audio, SenderReport { ntp: 3_900_000_000 * NTP_SECOND, rtp: u32::MAX - 10 });
    clock.report(TrackKind::Video, SenderReport { ntp: 3_900_000_001 * NTP_SECOND, rtp: 77 });
}

#[test]
fn a_picture_waits_for_its_sound() {
    let start = Instant::now();
    let clock = LipSync::new(start);
    reports(&clock);
    // The sound of one second after its report is heard at 5.2 s.
    clock.sounds((u32::MAX - 10).wrapping_add(48_000), start + Duration::from_millis(5200));
    let arrived = start + Duration::from_millis(5120);
    let wait = clock.due(77, arrived, arrived) - arrived;
    assert!((79..=81).contains(&wait.as_millis()), "{wait:?}");
    assert!(clock.offset_ms().abs() < 1.0);
}

#[test]
fn a_late_picture_is_shown_at_once_and_the_offset_told() {
    let start = Instant::now();
    let clock = LipSync::new(start);
    reports(&clock);
    clock.sounds((u32::MAX - 10).wrapping_add(48_000), start + Duration::from_secs(5));
    for frame in 0..100_u32 {
        let arrived = start + Duration::from_millis(5060 + u64::from(frame) * 40);
        assert_eq!(clock.due(77 + frame * 3600, arrived, arrived), arrived);
    }
    assert!((clock.offset_ms() - 60.0).abs() < 1.0, "{}", clock.offset_ms());
}

#[test]
fn the_wait_is_bounded_and_nonsense_ignored() {
    let start = Instant::now();
    let clock = LipSync::new(start);
    reports(&clock);
    clock.sounds((u32::MAX - 10).wrapping_add(48_000), start + Duration::from_secs(9));
    let arrived = start + Duration::from_secs(5);
    assert_eq!(clock.due(77, arrived, arrived), arrived + MAX_VIDEO_DELAY);
    clock.report(TrackKind::Video, SenderReport { ntp: 5, rtp: 9 });
    assert_eq!(clock.due(77, arrived, arrived), arrived);
}

#[test]
fn without_reports_or_sound_pictures_are_due_at_once() {
    let start = Instant::now();
    let clock = LipSync::new(start);
    clock.sounds(5, start);
    assert_eq!(clock.due(9, start, start), start);
    reports(&clock);
    assert_eq!(clock.due(9, start, start), start);
}

#[test]
fn playout_that_wobbles_does_not_shake_the_picture() {
    let start = Instant::now();
    let clock = LipSync::new(start);
    clock.report(TrackKind::Audio, SenderReport { ntp: 0, rtp: 0 });
    clock.report(TrackKind::Video, SenderReport { ntp: 0, rtp: 0 });
    let mut waits = Vec::new();
    for step in 0..500_u32 {
        let wobble = u64::from(step * 7 % 11);
        clock.sounds(step * 480, start + Duration::from_millis(u64::from(step) * 10 + 200 + wobble));
        if step > 200 && step % 4 == 0 {
            let arrived = start + Duration::from_millis(u64::from(step) * 10 + 50);
            waits.push((clock.due(step * 900, arrived, arrived) - arrived).as_micros());
        }
    }
    let spread = waits.iter().max().unwrap() - waits.iter().min().unwrap();
    assert!(spread < 4000, "{spread} us");
}

proptest! {
    #[test]
    fn whatever_is_reported_the_wait_is_bounded(
        audio in any::<(u64, u32)>(), video in any::<(u64, u32)>(), sound in any::<u32>(), picture in any::<u32>(),
    ) {
        let start = Instant::now();
        let clock = LipSync::new(start);
        clock.report(TrackKind::Audio, SenderReport { ntp: audio.0, rtp: audio.1 });
        clock.report(TrackKind::Video, SenderReport { ntp: video.0, rtp: video.1 });
        clock.sounds(sound, start + Duration::from_secs(1));
        let due = clock.due(picture, start, start);
        prop_assert!(due >= start && due <= start + MAX_VIDEO_DELAY);
    }
}

/// A second of pictures that want to be shown `own_ms` after they came, while sound follows the floor.
#[test]
fn sound_waits_for_a_picture_that_needs_time_for_repairs_and_no_longer() {
    let start = Instant::now();
    let clock = LipSync::new(start);
    clock.report(TrackKind::Audio, SenderReport { ntp: 0, rtp: 0 });
    clock.report(TrackKind::Video, SenderReport { ntp: 0, rtp: 0 });
    // Sound by itself is played 60 ms after it came; the way takes 50 ms.
    let own_delay = Duration::from_millis(60);
    let mut delay = own_delay;
    for step in 0..6000_u32 {
        let captured = start + Duration::from_millis(u64::from(step) * 10);
        let arrived = captured + Duration::from_millis(50);
        clock.sounds(step * 480, arrived + delay);
        let floor = clock.sound_floor(delay, arrived);
        // As fast as a stretched voice does not sound odd.
        let wanted = floor.max(own_delay);
        let stretch = Duration::from_micros(500);
        delay = if wanted > delay { wanted.min(delay + stretch) } else { wanted.max(delay - stretch) };
        if step % 3 == 0 {
            let own = Duration::from_millis(if step < 3000 { 230 } else { 0 });
            let due = clock.due(step * 900, arrived, arrived + own);
            let heard = arrived + delay;
            let late = due.saturating_duration_since(heard).max(heard.saturating_duration_since(due));
            assert!(late <= Duration::from_millis(42), "{step}: {late:?}");
            if (1500..3000).contains(&step) {
                assert!(due - arrived >= Duration::from_millis(225), "{step}: {:?}", due - arrived);
                let lead = due.saturating_duration_since(heard);
                assert!((20..=40).contains(&lead.as_millis()), "{step}: {lead:?}");
            }
        }
    }
    assert_eq!(delay, own_delay, "the sound hurries back once no picture needs it");
    assert_eq!(clock.sound_floor(delay, start + Duration::from_secs(600)), Duration::ZERO);
}

/// The device tells of sound in bursts, pictures are told a little late: neither makes the floor swing.
#[test]
fn the_floor_stays_while_sound_approaches_it() {
    let start = Instant::now();
    let clock = LipSync::new(start);
    clock.report(TrackKind::Audio, SenderReport { ntp: 0, rtp: 0 });
    clock.report(TrackKind::Video, SenderReport { ntp: 0, rtp: 0 });
    let mut delay = Duration::from_millis(60);
    let mut floors = Vec::new();
    for step in 0..3000_u32 {
        let captured = start + Duration::from_millis(u64::from(step) * 10);
        let arrived = captured + Duration::from_millis(50);
        let wobble = Duration::from_millis(u64::from(step * 7 % 11));
        clock.sounds(step * 480, arrived + delay + wobble);
        let floor = clock.sound_floor(delay, arrived);
        if step > 100 {
            floors.push(floor.as_micros());
        }
        // A period of a voice at a time, for every second packet.
        match floor.checked_sub(delay) {
            Some(short) if short > Duration::from_millis(5) && step % 4 == 0 => {
                delay += Duration::from_millis(8)
            }
            Some(_) => {}
            None if delay > floor + Duration::from_millis(20) => delay -= Duration::from_millis(8),
            None => {}
        }
        if step % 3 == 0 {
            clock.due(step * 900, arrived, arrived + Duration::from_millis(200));
        }
    }
    let spread = floors.iter().max().unwrap() - floors.iter().min().unwrap();
    assert!(spread < 10_000, "{spread} us");
}

#[test]
fn until_the_sound_follows_a_picture_is_shown_at_most_forty_milliseconds_after_it() {
    let start = Instant::now();
    let clock = LipSync::new(start);
    reports(&clock);
    clock.sounds((u32::MAX - 10).wrapping_add(48_000), start + Duration::from_millis(5200));
    let arrived = start + Duration::from_millis(5120);
    let wait = clock.due(77, arrived, arrived + Duration::from_millis(300)) - arrived;
    assert!((119..=121).contains(&wait.as_millis()), "{wait:?}");
    let floor = clock.sound_floor(Duration::from_millis(60), arrived);
    assert!((249..=251).contains(&floor.as_millis()), "{floor:?}");
}

#[test]
fn the_delay_from_capture_to_display_is_read_from_reports() {
    let start = Instant::now();
    let clock = LipSync::new(start);
    clock.set_round_trip(Duration::from_millis(80));
    assert_eq!(clock.display_delay_ms(), None);
    for number in 0..50_u32 {
        // A report about the picture captured 30 ms before it is sent; some wait on their way.
        let sent = u64::from(number);
        let report = SenderReport { ntp: (500 + sent) * NTP_SECOND, rtp: number * 90_000 };
        clock.report(TrackKind::Video, report);
        let queued = if number % 3 == 0 { 0 } else { 20 };
        clock.report_came(report, start + Duration::from_millis(sent * 1000 + 40 + queued));
        clock.shown(number * 90_000 + 9000, start + Duration::from_millis(sent * 1000 + 100 + 150));
    }
    let delay = clock.display_delay_ms().expect("reports came");
    assert!((145.0..=155.0).contains(&delay), "{delay}");
}

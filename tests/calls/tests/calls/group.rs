//! Calls of several on `hearth`: real engines, a real server, known colours and tones.

use anyhow::{Context, ensure};
use bellwire_engine::{
    CallState, CallStats, CallView, EndReason, EngineView, Invite, LinkState, MediaKind, MemberId,
    MemberState, Notice, Person, Subject,
};
use bellwire_server::{Backend, PairFigures};
use bellwire_tests_calls::{Login, Setup, TestClient, TestServer};

const EMAILS: [&str; 8] = [
    "ana@demo.example",
    "ben@demo.example",
    "cleo@demo.example",
    "therapist@demo.example",
    "nada@demo.example",
    "yoko@demo.example",
    "therapist2@demo.example",
    "farid@demo.example",
];
/// What each one's camera shows.
const COLOURS: [[u8; 3]; 8] = [
    [200, 40, 40],
    [40, 180, 40],
    [40, 60, 200],
    [200, 200, 40],
    [190, 40, 190],
    [40, 190, 190],
    [220, 220, 220],
    [90, 60, 30],
];
/// A member who is louder than this is heard, dBFS; the test tone is at -20.
const HEARD_DB: f32 = -45.0;

fn source(colour: [u8; 3]) -> String {
    format!("test:{:02x}{:02x}{:02x}", colour[0], colour[1], colour[2])
}

pub(crate) async fn person(server: &TestServer, number: usize) -> anyhow::Result<TestClient> {
    let login = Login { role: "user", email: EMAILS[number] };
    // Several on one machine: small pictures.
    let setup = Setup { camera: source(COLOURS[number]), max_bitrate: 200_000, ..Setup::default() };
    TestClient::of(server, "hearth", login, setup).await
}

pub(crate) async fn people(server: &TestServer, count: usize) -> anyhow::Result<Vec<TestClient>> {
    let mut people = Vec::new();
    for number in 0..count {
        people.push(person(server, number).await?);
    }
    Ok(people)
}

pub(crate) fn me(client: &TestClient) -> anyhow::Result<Person> {
    client.me().context("signed in")
}

/// The first one calls the others, who answer one after the other.
pub(crate) async fn gather(people: &[TestClient]) -> anyhow::Result<()> {
    let (caller, callees) = people.split_first().context("somebody")?;
    let mut invited = callees.iter().map(me).collect::<anyhow::Result<Vec<_>>>()?;
    let to = invited.remove(0);
    let invite = Invite { to, others: invited, kind: MediaKind::Video, subject: None };
    caller.engine().invite(caller.account, invite).await;
    for callee in callees {
        let ring = callee.ringing().await?;
        let all = |call: &CallView| call.state.is_ringing() && call.members.len() == callees.len();
        callee.until("a ring that says who else is called", |view| view.phone.calls.iter().any(all)).await?;
        callee.engine().accept(ring.id).await;
    }
    Ok(())
}

pub(crate) fn live(client: &TestClient) -> Option<CallView> {
    client.calls().into_iter().find(|call| call.state.is_live())
}

/// The member's number at a client.
pub(crate) fn member(client: &TestClient, who: &Person) -> Option<MemberId> {
    let call = live(client)?;
    call.members.iter().find(|member| member.person.id == who.id).map(|member| member.id)
}

/// Waits until a client is connected to each of the others, sees their colours and hears their tones.
pub(crate) async fn meets(client: &TestClient, own: usize, others: &[(usize, Person)]) -> anyhow::Result<()> {
    let connected = |call: &CallView, who: &Person| {
        call.members.iter().any(|m| m.person.id == who.id && m.state == MemberState::Connected)
    };
    let all = |calls: &[CallView]| {
        let live = calls.iter().find(|call| call.state.is_live());
        live.is_some_and(|call| others.iter().all(|(_, who)| connected(call, who)))
    };
    client.until(&format!("{own} to be connected to everybody"), |view| all(&view.phone.calls)).await?;
    for (number, who) in others {
        let id = member(client, who).context("a member")?;
        client.see_colour_of(id, COLOURS[*number]).await.with_context(|| format!("{own} sees {number}"))?;
        hears(client, id).await.with_context(|| format!("{own} hears {number}"))?;
    }
    Ok(())
}

/// Waits until a member is heard.
pub(crate) async fn hears(client: &TestClient, member: MemberId) -> anyhow::Result<()> {
    let mut levels = client.engine().levels();
    let heard =
        levels.wait_for(|levels| levels.members.iter().any(|m| m.member == member && m.db > HEARD_DB));
    tokio::time::timeout(bellwire_tests_calls::WAIT_LIMIT, heard).await.context("no sound")??;
    Ok(())
}

pub(crate) async fn all_meet(people: &[TestClient]) -> anyhow::Result<()> {
    let who = people.iter().map(me).collect::<anyhow::Result<Vec<_>>>()?;
    for (own, client) in people.iter().enumerate() {
        let others: Vec<_> = who.iter().cloned().enumerate().filter(|(number, _)| *number != own).collect();
        meets(client, own, &others).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn three_people_see_and_hear_each_other_and_one_may_leave() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let people = people(&server, 3).await?;
    gather(&people).await?;
    all_meet(&people).await?;
    // Any two see one security code, which is that of nobody else.
    let mut codes = std::collections::BTreeMap::<String, Vec<usize>>::new();
    for (own, client) in people.iter().enumerate() {
        let encrypted = |stats: &CallStats| {
            stats.members.len() == 2 && stats.members.iter().all(|member| !member.security_code.is_empty())
        };
        for member in client.stats("security codes", encrypted).await?.members {
            codes.entry(member.security_code).or_default().push(own);
        }
    }
    let between: Vec<_> = codes.into_values().collect();
    ensure!(between.len() == 3 && between.iter().all(|both| both.len() == 2), "{between:?}");

    let cleo = me(&people[2])?;
    let call = live(&people[2]).context("a call")?;
    people[2].engine().hang_up(call.id).await;
    for other in &people[..2] {
        let gone = |call: &CallView| call.members.iter().all(|member| member.person.id != cleo.id);
        other.until("one to be gone", |view| view.phone.calls.iter().any(gone)).await?;
        let call = live(other).context("the call goes on")?;
        ensure!(call.state == CallState::Connected, "{:?}", call.state);
    }
    let call = live(&people[0]).context("a call")?;
    people[0].engine().end_for_all(call.id).await;
    let ended = people[1].ended().await?;
    ensure!(matches!(ended.state, CallState::Ended { reason: EndReason::RemoteHungUp }), "{:?}", ended.state);
    people[0].ended().await?;
    for person in people {
        person.leave().await;
    }
    Ok(())
}

/// Waits until nobody else than those is in a client's call, which goes on.
pub(crate) async fn only(client: &TestClient, others: &[Person]) -> anyhow::Result<()> {
    let alone = |call: &CallView| {
        call.state == CallState::Connected
            && call.members.len() == others.len()
            && call.members.iter().all(|member| others.iter().any(|who| who.id == member.person.id))
    };
    client.until("the others to be gone", |view| view.phone.calls.iter().any(alone)).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_program_that_dies_leaves_the_others_talking() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let mut people = people(&server, 3).await?;
    gather(&people).await?;
    all_meet(&people).await?;
    let who = people.iter().map(me).collect::<anyhow::Result<Vec<_>>>()?;
    // Without a word to anybody.
    drop(people.pop());
    people[0].members.anybody().see(20).await?;
    only(&people[0], &who[1..2]).await?;
    only(&people[1], &who[0..1]).await?;
    all_meet(&people).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_goes_and_comes_back_and_nobody_is_stuck() -> anyhow::Result<()> {
    let mut server = TestServer::start().await?;
    let people = people(&server, 3).await?;
    gather(&people).await?;
    all_meet(&people).await?;
    server.kill().await;
    let away = |view: &std::sync::Arc<EngineView>| view.accounts.iter().all(|a| a.link == LinkState::Offline);
    for person in &people {
        person.until("the loss", away).await?;
    }
    all_meet(&people).await.context("while the server is away")?;
    server.revive().await?;
    for person in &people {
        person.online().await?;
    }
    all_meet(&people).await.context("afterwards")?;
    // Signed in is a moment before back in the room, and who leaves before the others are back has only gone away for them.
    people[2].engine().set_microphone(false).await;
    let leaving = me(&people[2])?;
    for person in &people[..2] {
        let mute = |call: &CallView| call.members.iter().any(|m| m.person.id == leaving.id && !m.audio);
        person.until("all to be back in the room", |view| view.phone.calls.iter().any(mute)).await?;
    }
    let call = live(&people[2]).context("a call")?;
    people[2].engine().hang_up(call.id).await;
    only(&people[0], &[me(&people[1])?]).await?;
    only(&people[1], &[me(&people[0])?]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_call_is_one_record_for_each_of_its_members() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let people = people(&server, 3).await?;
    gather(&people).await?;
    all_meet(&people).await?;
    let call = live(&people[0]).context("a call")?;
    people[0].engine().end_for_all(call.id).await;
    for person in &people {
        person.ended().await?;
        let of_call = |entry: &bellwire_engine::HistoryEntry| {
            Some(&entry.call) == call.remote_id.as_ref().map(|id| &id.0)
        };
        person.newest_record("the record", of_call).await?;
        let all = person.engine().backend_history(person.account, 1).await?.entries;
        ensure!(all.iter().filter(|entry| of_call(entry)).count() == 1, "more than one record");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_keeps_how_each_receives_each_other() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let people = people(&server, 3).await?;
    gather(&people).await?;
    all_meet(&people).await?;
    let call = live(&people[0]).context("a call")?;
    let session = call.remote_id.context("an id")?.0;
    let all = |pairs: &[PairFigures]| {
        let reported = pairs.iter().filter(|pair| pair.by != pair.about && pair.figures.reports() > 0);
        reported.count() == 6
    };
    server.keeps_figures(&session, "reports of everybody about everybody", all).await
}

/// Waits until a client is connected to so many others.
pub(crate) async fn connected_to(client: &TestClient, others: usize) -> anyhow::Result<()> {
    let all = |call: &CallView| {
        call.members.len() == others && call.members.iter().all(|m| m.state == MemberState::Connected)
    };
    client.until("everybody", |view| view.phone.calls.iter().any(all)).await.map(drop)
}

/// Whoever called ends it for all, and nobody keeps it in view.
pub(crate) async fn part(people: &[TestClient]) -> anyhow::Result<()> {
    let call = live(&people[0]).context("a call")?;
    people[0].engine().end_for_all(call.id).await;
    for client in people {
        client.until("the end", |view| view.phone.calls.iter().all(|call| !call.state.is_live())).await?;
        for call in client.calls() {
            client.engine().dismiss(call.id).await;
        }
    }
    Ok(())
}

/// Threads of this process, and memory in use, MiB.
fn in_use() -> anyhow::Result<(usize, f64)> {
    let threads = std::fs::read_dir("/proc/self/task")?.count();
    let status = std::fs::read_to_string("/proc/self/status")?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: f64 = resident.trim().trim_end_matches("kB").trim().parse()?;
    Ok((threads, kib / 1024.0))
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_sessions_leave_nothing_behind() -> anyhow::Result<()> {
    // Somebody may start ten calls a minute, and an address make a hundred requests in a quarter of an hour.
    let server = TestServer::start_with(|config| {
        config.limits.initiates_per_minute = 1_000;
        *config = config.clone().with_request_limit(10_000);
    })
    .await?;
    let people = people(&server, 3).await?;
    let mut first = None;
    for round in 0..20 {
        gather(&people).await.with_context(|| format!("session {round}"))?;
        for client in &people {
            connected_to(client, 2).await?;
            client.members.anybody().see(2).await?;
        }
        part(&people).await?;
        if round == 4 {
            first = Some(in_use()?);
        }
    }
    let (threads, mib) = first.context("measured")?;
    let end = tokio::time::Instant::now() + bellwire_tests_calls::WAIT_LIMIT;
    loop {
        let (now, now_mib) = in_use()?;
        if now <= threads + 2 && now_mib < mib * 1.5 + 20.0 {
            return Ok(());
        }
        ensure!(tokio::time::Instant::now() < end, "{threads} -> {now} threads, {mib} -> {now_mib} MiB");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_people_see_and_hear_each_other() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let people = people(&server, 8).await?;
    gather(&people).await?;
    all_meet(&people).await?;
    for person in people {
        person.leave().await;
    }
    Ok(())
}

async fn dial_and_meet(caller: &TestClient, callee: &TestClient) -> anyhow::Result<()> {
    caller.call_person(&me(callee)?, MediaKind::Video).await?;
    let ring = callee.ringing().await?;
    callee.engine().accept(ring.id).await;
    caller.connected().await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_two_grows_by_whoever_asks_somebody() -> anyhow::Result<()> {
    let server = TestServer::start().await?;
    let people = people(&server, 4).await?;
    dial_and_meet(&people[0], &people[1]).await?;
    all_meet(&people[..2]).await?;
    let before: Vec<_> = people[..2].iter().map(|client| member_of(client, 0)).collect();

    // The one who was called asks a third.
    let call = live(&people[1]).context("a call")?;
    people[1].engine().add_people(call.id, vec![me(&people[2])?]).await;
    let ring = people[2].ringing().await?;
    let ben = me(&people[1])?;
    ensure!(ring.peer.id == ben.id, "{} rings, and not whoever asked", ring.peer.name);
    let invited = |call: &CallView| call.members.iter().any(|one| one.state == MemberState::Invited);
    people[1].until("who rings", |view| view.phone.calls.iter().any(invited)).await?;
    people[2].engine().accept(ring.id).await;
    all_meet(&people[..3]).await?;
    let after: Vec<_> = people[..2].iter().map(|client| member_of(client, 0)).collect();
    ensure!(before == after, "the first two are other members to each other: {before:?}, {after:?}");

    // And whoever came later a fourth; then the one who began it leaves.
    let call = live(&people[2]).context("a call")?;
    people[2].engine().add_people(call.id, vec![me(&people[3])?]).await;
    let ring = people[3].ringing().await?;
    people[3].engine().accept(ring.id).await;
    all_meet(&people).await?;
    let call = live(&people[0]).context("a call")?;
    people[0].engine().hang_up(call.id).await;
    people[0].ended().await?;
    let who = people.iter().map(me).collect::<anyhow::Result<Vec<_>>>()?;
    for (own, client) in people.iter().enumerate().skip(1) {
        let others: Vec<_> =
            who.iter().cloned().enumerate().filter(|(number, _)| *number != 0 && *number != own).collect();
        only(client, &others.iter().map(|(_, who)| who.clone()).collect::<Vec<_>>()).await?;
        meets(client, own, &others).await?;
    }
    Ok(())
}

fn member_of(client: &TestClient, at: usize) -> Option<MemberId> {
    live(client).and_then(|call| call.members.get(at).map(|member| member.id))
}

/// The code of the next problem that a client is told of.
async fn problem(client: &mut TestClient) -> anyhow::Result<&'static str> {
    let told = async {
        loop {
            if let Notice::Problem { code, .. } = client.notices.recv().await.context("no notice")? {
                return anyhow::Ok(code);
            }
        }
    };
    tokio::time::timeout(bellwire_tests_calls::WAIT_LIMIT, told).await.context("no problem is told of")?
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_no_seat_is_told_so_and_a_raised_hand_is_seen_by_everybody() -> anyhow::Result<()> {
    let server = TestServer::start_with(|config| {
        let hearth = Backend::parse("hearth").and_then(|hearth| config.backends.get_mut(&hearth));
        if let Some(hearth) = hearth {
            hearth.settings.insert("max-call-participants", 3);
        }
    })
    .await?;
    let mut people = people(&server, 4).await?;
    gather(&people[..3]).await?;
    all_meet(&people[..3]).await?;

    // Nobody more is asked.
    let who = people.iter().map(me).collect::<anyhow::Result<Vec<_>>>()?;
    let call = live(&people[1]).context("a call")?;
    people[1].engine().add_people(call.id, vec![who[3].clone()]).await;
    ensure!(problem(&mut people[1]).await? == "people_not_added");
    all_meet(&people[..3]).await.context("they talk on")?;

    // One goes, another is asked instead, and who comes back to the call is told that it is full.
    let session = live(&people[2]).context("a call")?;
    people[2].engine().hang_up(session.id).await;
    only(&people[0], &who[1..2]).await?;
    people[0].engine().add_people(live(&people[0]).context("a call")?.id, vec![who[3].clone()]).await;
    let ring = people[3].ringing().await?;
    people[3].engine().accept(ring.id).await;
    let three = [0, 1, 3];
    for own in three {
        let others: Vec<_> =
            three.iter().filter(|number| **number != own).map(|n| (*n, who[*n].clone())).collect();
        meets(&people[own], own, &others).await?;
    }
    people[2].ended().await?;
    people[2].engine().dismiss(session.id).await;
    let about = Subject { id: session.remote_id.context("it has an id")?.0, label: String::new() };
    people[2].dial_person(who[0].clone(), Some(about)).await?;
    let full = |view: &std::sync::Arc<EngineView>| {
        view.phone.calls.iter().any(|call| matches!(call.state, CallState::Ended { reason: EndReason::Full }))
    };
    people[2].until("it to be full", full).await?;

    let call = live(&people[0]).context("a call")?;
    people[0].engine().raise_hand(call.id, true).await;
    let ana = who[0].clone();
    for up in [true, false] {
        for client in [&people[1], &people[3]] {
            let id = member(client, &ana).context("she is in it")?;
            let mut levels = client.engine().levels();
            let told =
                levels.wait_for(|levels| levels.members.iter().any(|m| m.member == id && m.hand_up == up));
            let told = tokio::time::timeout(bellwire_tests_calls::WAIT_LIMIT, told).await;
            ensure!(told.is_ok(), "hand up: {up} is not seen");
        }
        people[0].engine().raise_hand(call.id, false).await;
    }
    Ok(())
}

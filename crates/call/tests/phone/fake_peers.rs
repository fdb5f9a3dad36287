//! Imaginary peer connections: descriptions with the certificate of their connection, and paths that are up
//! where each end holds what the other wrote last.

use std::collections::BTreeMap;

use bellwire_call::{CallId, Epoch, MemberId};

use crate::group_backend::Who;

/// Whose connection to which member of which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) who: Who,
    pub(crate) call: CallId,
    pub(crate) member: MemberId,
}

#[derive(Default)]
struct FakePeer {
    epoch: Option<Epoch>,
    certificate: u32,
    local: Option<String>,
    remote: Option<String>,
    /// Where the path leads to that is up, and the certificate there.
    path: Option<(Place, u32)>,
    /// A new path was agreed on: whether it is up has to be said anew.
    renewed: bool,
}

pub(crate) struct FakePeers {
    all: BTreeMap<Place, FakePeer>,
    written: u32,
    networks: Vec<bool>,
}

impl FakePeers {
    pub(crate) fn new(people: usize) -> Self {
        Self { all: BTreeMap::new(), written: 0, networks: vec![true; people] }
    }

    pub(crate) fn set_network(&mut self, who: Who, up: bool) {
        self.networks[who] = up;
    }

    pub(crate) fn open(&mut self, place: Place, epoch: Epoch) {
        self.written += 1;
        let fresh = FakePeer { epoch: Some(epoch), certificate: self.written, ..FakePeer::default() };
        self.all.insert(place, fresh);
    }

    pub(crate) fn close(&mut self, place: Place) {
        self.all.remove(&place);
    }

    pub(crate) fn drop_of(&mut self, who: Who) {
        self.all.retain(|place, _| place.who != who);
    }

    pub(crate) fn make_offer(&mut self, place: Place) -> String {
        let offer = self.write(place);
        self.peer(place).local = Some(offer.clone());
        offer
    }

    pub(crate) fn make_answer(&mut self, place: Place, offer: String) -> String {
        let answer = self.write(place);
        let peer = self.peer(place);
        (peer.local, peer.remote) = (Some(answer.clone()), Some(offer));
        peer.renewed = true;
        answer
    }

    pub(crate) fn take_answer(&mut self, place: Place, answer: String) {
        let peer = self.peer(place);
        peer.remote = Some(answer);
        peer.renewed = true;
    }

    /// An offer was made, and not answered.
    pub(crate) fn awaits_answer(&self, place: Place) -> bool {
        self.all.get(&place).is_some_and(|peer| peer.local.is_some() && peer.remote.is_none())
    }

    pub(crate) fn is_described(&self, place: Place) -> bool {
        self.all[&place].remote.is_some()
    }

    pub(crate) fn epoch(&self, place: Place) -> Epoch {
        self.all[&place].epoch.expect("it was opened")
    }

    pub(crate) fn nth_of(&self, who: Who, nth: usize) -> Option<Place> {
        let places: Vec<Place> = self.all.keys().filter(|place| place.who == who).copied().collect();
        (!places.is_empty()).then(|| places[nth % places.len()])
    }

    /// Where the path from there leads to, and back.
    pub(crate) fn other_end(&self, here: Place) -> Option<Place> {
        let (there, _) = self.all.get(&here)?.path?;
        let (back, _) = self.all.get(&there)?.path?;
        (back == here).then_some(there)
    }

    /// Paths that came up, came up anew, or went away since they were asked for last.
    pub(crate) fn changes(&mut self) -> Vec<(Place, Epoch, bool)> {
        let places: Vec<Place> = self.all.keys().copied().collect();
        let paths: Vec<_> = places.iter().map(|place| (*place, self.agreed(*place))).collect();
        let mut changes = Vec::new();
        for (place, agreed) in paths {
            // Until its answer is there, a new offer leaves the old path alone.
            let path = agreed.or_else(|| self.all[&place].path.filter(|path| self.is_alive(place, *path)));
            let peer = self.peer(place);
            let anew = agreed.is_some() && std::mem::take(&mut peer.renewed);
            let changed = std::mem::replace(&mut peer.path, path).is_some() != path.is_some();
            if changed || anew {
                changes.push((place, peer.epoch.expect("it was opened"), path.is_some()));
            }
        }
        changes
    }

    /// The other end that holds what we wrote last, and wrote last what we hold.
    fn agreed(&self, here: Place) -> Option<(Place, u32)> {
        let ours = &self.all[&here];
        let fits = |(place, theirs): &(&Place, &FakePeer)| {
            let written = ours.local.is_some() && ours.remote.is_some();
            written
                && ours.local == theirs.remote
                && ours.remote == theirs.local
                && self.is_alive(here, (**place, theirs.certificate))
        };
        self.all.iter().find(fits).map(|(place, theirs)| (*place, theirs.certificate))
    }

    fn is_alive(&self, here: Place, (there, certificate): (Place, u32)) -> bool {
        let open = self.all.get(&there).is_some_and(|peer| peer.certificate == certificate);
        open && self.networks[here.who] && self.networks[there.who]
    }

    fn write(&mut self, place: Place) -> String {
        self.written += 1;
        let (written, certificate) = (self.written, self.peer(place).certificate);
        format!("a=fingerprint:sha-256 {certificate:08X}\r\na=ice-ufrag:{written}\r\n")
    }

    fn peer(&mut self, place: Place) -> &mut FakePeer {
        self.all.get_mut(&place).expect("the invariants hold: it is open")
    }
}

//! Plan of the layers of our picture: who gets which, and how each is encoded. Pure; `now` is a parameter.
//!
//! One path decides for itself. Several are grouped by what they carry: a layer is encoded for the thinnest path of
//! its group, so that nobody gets more than their path carries and nobody much less.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bellwire_call::MemberId;
use bellwire_media::{Codec, MAX_LAYERS, VideoLayer};

/// Paths whose rates differ by less share a layer; those apart come together again at less than the second.
const SAME_LAYER_RATIO: f32 = 1.6;
const REJOIN_RATIO: f32 = 1.3;
/// A path that holds a group back this much leaves it at once; otherwise groups are made anew at times.
const HELD_BACK_RATIO: f32 = 2.0;
const REGROUP_INTERVAL: Duration = Duration::from_secs(5);
/// What a picture with no side longer can make use of, bit/s.
const USEFUL_BPS: [(u32, u32); 3] = [(320, 250_000), (640, 800_000), (960, 1_500_000)];

/// The path to a member, as far as it concerns pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PicturePath {
    pub(crate) codec: Codec,
    /// What is left for pictures, bit/s.
    pub(crate) bitrate: u32,
    /// A fraction 0..1.
    pub(crate) loss: f32,
    /// The longest side they show it at, pixels; 0: they do not see it.
    pub(crate) max_side: u32,
    /// They tell which pictures they keep as long-term references.
    pub(crate) long_term: bool,
}

/// The longest side at which so many others show a picture between those of everybody else, pixels.
pub(crate) fn usual_side(others: usize) -> u32 {
    match others {
        0..=3 => u32::MAX,
        4..=8 => 640,
        _ => 320,
    }
}

impl PicturePath {
    /// What of the bit rate is of use at the size they see.
    fn useful_bitrate(&self) -> u32 {
        let enough = USEFUL_BPS.iter().find(|(side, _)| self.max_side <= *side);
        enough.map_or(self.bitrate, |(_, bps)| self.bitrate.min(*bps))
    }
}

/// Who gets which layer, and how each is encoded.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LayerPlan {
    pub(crate) layers: [Option<VideoLayer>; MAX_LAYERS],
    /// Members who are not named get no picture.
    pub(crate) members: BTreeMap<MemberId, usize>,
}

impl LayerPlan {
    /// Whether nobody else gets that layer.
    pub(crate) fn is_alone(&self, member: MemberId, layer: usize) -> bool {
        self.members.iter().all(|(id, of)| (*id == member) == (*of == layer))
            && self.members.contains_key(&member)
    }
}

/// Keeps groups together while their paths allow it: every change costs a key frame.
#[derive(Debug)]
pub(crate) struct LayerPlanner {
    max_layers: usize,
    groups: BTreeMap<MemberId, usize>,
    grouped_at: Option<Instant>,
}

impl LayerPlanner {
    /// `cores`: of this machine. A weak one encodes two layers at most.
    pub(crate) fn new(cores: usize) -> Self {
        let max_layers = if cores <= 2 { 2 } else { MAX_LAYERS };
        Self { max_layers, groups: BTreeMap::new(), grouped_at: None }
    }

    pub(crate) fn plan(&mut self, paths: &BTreeMap<MemberId, PicturePath>, now: Instant) -> LayerPlan {
        let seen: BTreeMap<MemberId, PicturePath> =
            paths.iter().filter(|(_, path)| path.max_side > 0).map(|(id, path)| (*id, *path)).collect();
        if self.is_outdated(&seen, now) {
            let apart = self.groups.values().any(|group| Some(group) != self.groups.values().next());
            let ratio = if apart { REJOIN_RATIO } else { SAME_LAYER_RATIO };
            let groups = group(&seen, self.max_layers, ratio);
            self.groups = number(groups, &self.groups);
            self.grouped_at = Some(now);
        }
        let mut layers = [None; MAX_LAYERS];
        for (id, index) in &self.groups {
            let Some((path, slot)) = seen.get(id).zip(layers.get_mut(*index)) else { continue };
            *slot = Some(join(*slot, path));
        }
        LayerPlan { layers, members: self.groups.clone() }
    }

    fn is_outdated(&self, paths: &BTreeMap<MemberId, PicturePath>, now: Instant) -> bool {
        let same_people = self.groups.keys().eq(paths.keys());
        let due = self.grouped_at.is_none_or(|at| now.saturating_duration_since(at) >= REGROUP_INTERVAL);
        !same_people || due || self.held_back(paths)
    }

    /// A group whose paths have come apart, in codec or in rate.
    fn held_back(&self, paths: &BTreeMap<MemberId, PicturePath>) -> bool {
        (0..MAX_LAYERS).any(|index| {
            let of_group = self.groups.iter().filter(|(_, group)| **group == index);
            let mut rates: Vec<(u32, Codec)> = of_group
                .filter_map(|(id, _)| paths.get(id))
                .map(|path| (path.useful_bitrate(), path.codec))
                .collect();
            rates.sort_by_key(|(rate, _)| *rate);
            rates
                .windows(2)
                .any(|pair| pair[1].0 as f32 > pair[0].0 as f32 * HELD_BACK_RATIO || pair[0].1 != pair[1].1)
        })
    }
}

/// A layer for one path more.
fn join(layer: Option<VideoLayer>, path: &PicturePath) -> VideoLayer {
    let own = VideoLayer {
        codec: path.codec,
        bitrate: path.useful_bitrate(),
        loss: path.loss,
        max_side: path.max_side,
        long_term: path.long_term,
    };
    layer.map_or(own, |layer| VideoLayer {
        codec: layer.codec,
        bitrate: layer.bitrate.min(own.bitrate),
        loss: layer.loss.max(own.loss),
        max_side: layer.max_side.max(own.max_side),
        // What one keeps another one may have lost.
        long_term: false,
    })
}

/// People who get the same layer, and their useful rates: lowest and highest.
struct Group {
    members: Vec<MemberId>,
    codec: Codec,
    low: u32,
    high: u32,
}

impl Group {
    /// How far the rates of both would lie apart.
    fn ratio(&self, other: &Self) -> f32 {
        if self.codec != other.codec {
            return f32::INFINITY;
        }
        self.high.max(other.high) as f32 / self.low.min(other.low).max(1) as f32
    }

    fn add(&mut self, other: Self) {
        self.members.extend(other.members);
        (self.low, self.high) = (self.low.min(other.low), self.high.max(other.high));
    }
}

/// Groups of paths that are alike, best first, no more than `most`. Who has another codec than most, when there are
/// too many groups, gets none.
fn group(paths: &BTreeMap<MemberId, PicturePath>, most: usize, same: f32) -> Vec<Group> {
    let mut groups: Vec<Group> = paths
        .iter()
        .map(|(id, path)| {
            let rate = path.useful_bitrate();
            Group { members: vec![*id], codec: path.codec, low: rate, high: rate }
        })
        .collect();
    groups.sort_by_key(|group| (group.codec != Codec::H264, std::cmp::Reverse(group.high)));
    loop {
        let nearest = (1..groups.len())
            .map(|index| (index, groups[index - 1].ratio(&groups[index])))
            .min_by(|(_, left), (_, right)| left.total_cmp(right));
        let Some((index, ratio)) = nearest else { break };
        if ratio.is_infinite() || (groups.len() <= most && ratio >= same) {
            break;
        }
        let thinner = groups.remove(index);
        groups[index - 1].add(thinner);
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.members.len()));
    groups.truncate(most);
    groups.sort_by_key(|group| std::cmp::Reverse(group.high));
    groups
}

/// Gives each group the layer that most of it had.
fn number(groups: Vec<Group>, before: &BTreeMap<MemberId, usize>) -> BTreeMap<MemberId, usize> {
    let mut free: Vec<usize> = (0..MAX_LAYERS).collect();
    let mut numbered = BTreeMap::new();
    for group in groups {
        let had = |index: usize| group.members.iter().filter(|id| before.get(id) == Some(&index)).count();
        let best = free.iter().copied().max_by_key(|index| (had(*index), std::cmp::Reverse(*index)));
        let Some(index) = best else { break };
        free.retain(|other| *other != index);
        numbered.extend(group.members.into_iter().map(|id| (id, index)));
    }
    numbered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(bitrate: u32) -> PicturePath {
        PicturePath { codec: Codec::H264, bitrate, loss: 0.0, max_side: u32::MAX, long_term: true }
    }

    fn paths(rates: &[u32]) -> BTreeMap<MemberId, PicturePath> {
        (1..).map(MemberId).zip(rates.iter().map(|rate| path(*rate))).collect()
    }

    fn rates(plan: &LayerPlan) -> Vec<u32> {
        let rate = |index: &usize| plan.layers[*index].map_or(0, |layer| layer.bitrate);
        plan.members.values().map(rate).collect()
    }

    #[test]
    fn a_call_of_two_gets_what_its_path_carries() {
        let mut planner = LayerPlanner::new(8);
        let plan = planner.plan(&paths(&[12_345]), Instant::now());
        let layer = VideoLayer { bitrate: 12_345, long_term: true, ..VideoLayer::default() };
        assert_eq!(plan.layers, [Some(layer), None, None]);
        assert_eq!(planner.plan(&BTreeMap::new(), Instant::now()), LayerPlan::default());
    }

    #[test]
    fn a_thin_path_does_not_hold_the_others_back() {
        let mut planner = LayerPlanner::new(8);
        let plan = planner.plan(&paths(&[2_000_000, 1_800_000, 90_000]), Instant::now());
        assert_eq!(rates(&plan), [1_800_000, 1_800_000, 90_000]);
    }

    #[test]
    fn long_term_references_are_kept_for_who_is_alone_with_a_layer() {
        let plan = LayerPlanner::new(8).plan(&paths(&[2_000_000, 1_800_000, 90_000]), Instant::now());
        let [first, second, thin] = [1, 2, 3].map(MemberId);
        let layer = |member| plan.members[&member];
        let kept = |member| plan.layers[layer(member)].is_some_and(|layer| layer.long_term);
        assert_eq!([first, second, thin].map(kept), [false, false, true]);
        let alone = |member| plan.is_alone(member, layer(member));
        assert_eq!([first, second, thin].map(alone), [false, false, true]);
        assert!(!plan.is_alone(thin, layer(first)) && !plan.is_alone(MemberId(9), layer(thin)));
    }

    #[test]
    fn seven_paths_make_no_more_layers_than_the_machine_encodes() {
        let all = paths(&[2_500_000, 2_000_000, 1_000_000, 700_000, 300_000, 150_000, 60_000]);
        for (cores, most) in [(1, 2), (2, 2), (4, 3), (16, 3)] {
            let plan = LayerPlanner::new(cores).plan(&all, Instant::now());
            let layers = plan.layers.iter().flatten().count();
            assert!(layers <= most, "{layers} on {cores} cores");
            assert_eq!(plan.members.len(), 7);
            for (id, index) in &plan.members {
                let rate = plan.layers[*index].expect("is encoded").bitrate;
                assert!(rate <= all[id].bitrate, "{id:?} gets more than the path carries");
            }
        }
    }

    #[test]
    fn a_path_that_falls_leaves_its_group_at_once_and_rates_follow_meanwhile() {
        let (mut planner, now) = (LayerPlanner::new(8), Instant::now());
        let before = planner.plan(&paths(&[2_000_000, 1_900_000, 1_800_000]), now);
        assert_eq!(before.layers.iter().flatten().count(), 1);
        let soon = now + Duration::from_millis(100);
        let lower = planner.plan(&paths(&[2_000_000, 1_900_000, 1_100_000]), soon);
        assert_eq!(rates(&lower), [1_100_000; 3], "not far enough apart to cost key frames");
        let fallen = planner.plan(&paths(&[2_000_000, 1_900_000, 200_000]), soon);
        assert_eq!(rates(&fallen), [1_900_000, 1_900_000, 200_000]);
        assert_eq!(fallen.members[&MemberId(1)], before.members[&MemberId(1)], "they keep their layer");
    }

    #[test]
    fn several_thin_paths_do_not_hold_the_others_back_for_a_moment() {
        let (mut planner, now) = (LayerPlanner::new(8), Instant::now());
        planner.plan(&paths(&[2_000_000; 5]), now);
        let fallen = planner.plan(&paths(&[2_000_000, 2_000_000, 2_000_000, 45_000, 40_000]), now);
        assert_eq!(rates(&fallen), [2_000_000, 2_000_000, 2_000_000, 40_000, 40_000]);
    }

    #[test]
    fn paths_that_hover_around_a_limit_stay_where_they_are() {
        let (mut planner, mut now) = (LayerPlanner::new(8), Instant::now());
        planner.plan(&paths(&[1_700_000, 1_000_000]), now);
        for rate in [1_500_000, 1_700_000, 1_400_000, 1_650_000] {
            now += REGROUP_INTERVAL;
            let plan = planner.plan(&paths(&[rate, 1_000_000]), now);
            assert_eq!(plan.layers.iter().flatten().count(), 2, "{rate}");
        }
        now += REGROUP_INTERVAL;
        let plan = planner.plan(&paths(&[1_200_000, 1_000_000]), now);
        assert_eq!(plan.layers.iter().flatten().count(), 1);
    }

    #[test]
    fn who_sees_a_small_picture_gets_a_small_layer_and_who_sees_none_gets_none() {
        let mut all = paths(&[2_000_000, 2_000_000, 2_000_000]);
        all.get_mut(&MemberId(2)).expect("is there").max_side = 320;
        all.get_mut(&MemberId(3)).expect("is there").max_side = 0;
        let plan = LayerPlanner::new(8).plan(&all, Instant::now());
        assert_eq!(plan.members.len(), 2);
        let small = plan.layers[plan.members[&MemberId(2)]].expect("is encoded");
        assert_eq!(small.max_side, 320);
        let large = plan.layers[plan.members[&MemberId(1)]].expect("is encoded");
        assert_eq!(large.max_side, u32::MAX);
    }

    #[test]
    fn each_codec_has_a_layer_of_its_own() {
        let mut all = paths(&[2_000_000, 2_000_000, 2_000_000]);
        all.get_mut(&MemberId(2)).expect("is there").codec = Codec::Vp8;
        let mut planner = LayerPlanner::new(8);
        let plan = planner.plan(&all, Instant::now());
        assert_eq!(plan.layers[plan.members[&MemberId(2)]].expect("is encoded").codec, Codec::Vp8);
        assert_eq!(plan.layers[plan.members[&MemberId(1)]].expect("is encoded").codec, Codec::H264);
        assert_eq!(plan.layers.iter().flatten().count(), 2);
    }
}

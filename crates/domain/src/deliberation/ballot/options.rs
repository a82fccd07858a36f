//! The choice of one among several options: each seat says what it prefers, and the result says how the chosen one
//! came out ahead.

/// Options of one choice, at most.
pub const OPTIONS_MAX: usize = 12;
/// Points that one option gets from one seat, at most.
pub const POINTS_MAX: u32 = 10;

/// How the chosen option is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChoiceMethod {
    /// 单选: each seat names one; the most named is chosen.
    Single,
    /// 认可: each seat names all that it approves of; the most approved is chosen.
    Approval,
    /// 排序淘汰: each seat ranks; the option ranked first by the least weight drops out until one has a majority.
    InstantRunoff,
    /// 排序比对（舒尔策）: each seat ranks; the options are compared in pairs, by the strongest paths.
    Schulze,
    /// 评分: each seat gives points, up to [`POINTS_MAX`]; the one with the most is chosen.
    Score,
}

impl ChoiceMethod {
    /// The method in words.
    pub fn as_str(self) -> &'static str {
        match self {
            ChoiceMethod::Single => "single",
            ChoiceMethod::Approval => "approval",
            ChoiceMethod::InstantRunoff => "instant run-off",
            ChoiceMethod::Schulze => "Schulze",
            ChoiceMethod::Score => "score",
        }
    }
}

/// What a seat prefers. Options are numbered from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// How much it weighs.
    pub weight: u32,
    /// The options that it names: in order of preference where they are ranked. None is named twice.
    pub named: Vec<usize>,
    /// The points of each option, where points are given.
    pub points: Vec<u32>,
}

/// What was chosen, with the figures that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The options that came out first: one, or several that are equal, between which nothing was decided.
    pub first: Vec<usize>,
    /// The figures: the weight or the points of each option. A row for each round of a run-off, of which an option
    /// that has dropped out has 0; for pairs, a row of each option with the weight that prefers it to each other.
    pub figures: Vec<Vec<u32>>,
}

/// The one of these options that a seat prefers to the others of them, if what it said tells.
pub fn preferred(method: ChoiceMethod, among: &[usize], preference: &Preference) -> Option<usize> {
    let Preference { named, points, .. } = preference;
    let mut approved = among.iter().copied().filter(|option| named.contains(option));
    match method {
        ChoiceMethod::Single | ChoiceMethod::Approval => {
            approved.next().filter(|_| approved.next().is_none())
        }
        ChoiceMethod::InstantRunoff | ChoiceMethod::Schulze => {
            named.iter().copied().find(|option| among.contains(option))
        }
        ChoiceMethod::Score => {
            let given = |option: usize| points.get(option).copied().unwrap_or(0);
            let most = among.iter().map(|&option| given(option)).max()?;
            let mut best = among.iter().copied().filter(|&option| given(option) == most);
            best.next().filter(|_| best.next().is_none())
        }
    }
}

/// Finds what was chosen among so many options; nothing when nobody preferred anything.
pub fn choose(method: ChoiceMethod, options: usize, preferences: &[Preference]) -> Chosen {
    match method {
        ChoiceMethod::Single => most(sums(options, preferences, |preference, option| {
            preference.weight * u32::from(preference.named.first() == Some(&option))
        })),
        ChoiceMethod::Approval => most(sums(options, preferences, |preference, option| {
            preference.weight * u32::from(preference.named.contains(&option))
        })),
        ChoiceMethod::Score => most(sums(options, preferences, |preference, option| {
            preference.weight.saturating_mul(preference.points.get(option).copied().unwrap_or(0))
        })),
        ChoiceMethod::InstantRunoff => instant_runoff(options, preferences),
        ChoiceMethod::Schulze => schulze(options, preferences),
    }
}

/// For each option, the sum of what it has from every seat.
fn sums(options: usize, preferences: &[Preference], of: impl Fn(&Preference, usize) -> u32) -> Vec<u32> {
    let sum = |option| preferences.iter().map(|seat| of(seat, option)).fold(0, u32::saturating_add);
    (0..options).map(sum).collect()
}

/// The options with the highest figure, if it is more than none.
fn most(figures: Vec<u32>) -> Chosen {
    Chosen { first: highest(&figures), figures: vec![figures] }
}

fn highest(figures: &[u32]) -> Vec<usize> {
    let max = figures.iter().copied().max().unwrap_or(0);
    (0..figures.len()).filter(|&option| max > 0 && figures[option] == max).collect()
}

/// In each round a seat counts for the option that it ranks first among those that are left. The one with the least
/// drops out until one has more than half of what counts in that round. Of several with the least, the one drops out
/// that had the least in the latest earlier round in which they differed. Where no round tells them apart, all of them
/// drop out, unless nobody else is left: then they are equal.
fn instant_runoff(options: usize, preferences: &[Preference]) -> Chosen {
    let mut left: Vec<usize> = (0..options).collect();
    let mut figures: Vec<Vec<u32>> = Vec::new();
    loop {
        let round = sums(options, preferences, |preference, option| {
            let first = preference.named.iter().find(|named| left.contains(named));
            preference.weight * u32::from(first == Some(&option))
        });
        let total = round.iter().copied().fold(0, u32::saturating_add);
        figures.push(round.clone());
        if total == 0 {
            return Chosen { first: vec![], figures };
        }
        if let Some(&winner) = left.iter().find(|&&option| round[option] > total / 2) {
            return Chosen { first: vec![winner], figures };
        }
        let last = lowest(&left, &figures);
        if last.len() == left.len() {
            return Chosen { first: left, figures };
        }
        left.retain(|option| !last.contains(option));
    }
}

/// Those with the least in the last round, and of these with the least in the round before, and so on.
fn lowest(left: &[usize], figures: &[Vec<u32>]) -> Vec<usize> {
    let mut last = left.to_vec();
    for round in figures.iter().rev() {
        let min = last.iter().map(|&option| round[option]).min().unwrap_or(0);
        last.retain(|&option| round[option] == min);
    }
    last
}

/// An option that a seat does not name is ranked after all that it names. One beats another when the strongest path of
/// pairwise victories to the other is stronger than that back; victories are as strong as the weight behind them.
fn schulze(options: usize, preferences: &[Preference]) -> Chosen {
    let rank = |preference: &Preference, option| {
        preference.named.iter().position(|&named| named == option).unwrap_or(usize::MAX)
    };
    let mut prefer = vec![vec![0u32; options]; options];
    for preference in preferences {
        for (one, row) in prefer.iter_mut().enumerate() {
            for (other, weight) in row.iter_mut().enumerate() {
                if rank(preference, one) < rank(preference, other) {
                    *weight = weight.saturating_add(preference.weight);
                }
            }
        }
    }
    let paths = strongest_paths(&prefer);
    let beaten = |option: usize| (0..options).any(|other| paths[other][option] > paths[option][other]);
    let anything = prefer.iter().flatten().any(|&weight| weight > 0);
    let first = (0..options).filter(|&option| anything && !beaten(option)).collect();
    Chosen { first, figures: prefer }
}

/// The strength of the strongest path between each two options: a path is as strong as its weakest victory.
fn strongest_paths(prefer: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let options = prefer.len();
    let mut paths = vec![vec![0u32; options]; options];
    for one in 0..options {
        for other in 0..options {
            if prefer[one][other] > prefer[other][one] {
                paths[one][other] = prefer[one][other];
            }
        }
    }
    for by in 0..options {
        for from in (0..options).filter(|&from| from != by) {
            for to in (0..options).filter(|&to| to != by && to != from) {
                paths[from][to] = paths[from][to].max(paths[from][by].min(paths[by][to]));
            }
        }
    }
    paths
}

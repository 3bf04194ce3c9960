//! The exact construction for lists that dealing cannot part: primaries and replicas of a shard in
//! different classes (zones or machines), whenever the number of nodes in each class allows it.
//!
//! Let class `c` hold `n` nodes, `p` of them primaries, of `S` shards with `R` replicas each. Its `n - p` replicas
//! must go to the `S - p` shards that are led elsewhere, so `n - p <= (S - p) * R`. By Hall's theorem that
//! is also enough: two classes together reach every shard. The difference is the class's slack; a shard
//! that passes a class by takes from its slack, and must not take more than there is.

use super::hosts::{Sites, totals};

/// Whether primaries can be chosen so that no replica shares its primary's class.
pub(super) fn can_separate(totals: &[usize], shards: usize, members: usize) -> bool {
    leaders(totals, shards, members).is_some()
}

/// The sites of each shard, its primary's first; none where the loads do not allow it.
pub(super) fn separate(
    sites: &Sites,
    class: &[usize],
    loads: &[usize],
    shards: usize,
    members: usize,
) -> Option<Vec<Vec<usize>>> {
    let totals = totals(class, loads);
    let leaders = leaders(&totals, shards, members)?;
    let mut stock = Stock { sites, class, left: loads.to_vec(), leading: vec![0; sites.len()] };
    let order: Vec<usize> = Sites::expand(&leaders).collect();
    let mut groups: Vec<Vec<usize>> = order.iter().map(|&class| vec![stock.primary(class)]).collect();
    let mut supply: Vec<usize> = totals.iter().zip(&leaders).map(|(total, led)| total - led).collect();
    let mut slack: Vec<usize> =
        supply.iter().zip(&leaders).map(|(left, led)| (shards - led) * (members - 1) - left).collect();
    for (group, &own) in groups.iter_mut().zip(&order) {
        let counts = spread(&mut supply, &slack, own, members - 1);
        for (class, &taken) in counts.iter().enumerate() {
            if class != own {
                slack[class] = (slack[class] + taken).saturating_sub(members - 1);
            }
            for _ in 0..taken {
                let site = stock.replica(class, group);
                group.push(site);
            }
        }
    }
    Some(groups)
}

/// How many primaries each class takes, as evenly as its nodes allow.
fn leaders(totals: &[usize], shards: usize, members: usize) -> Option<Vec<usize>> {
    let replicas = members - 1;
    let most = |&total: &usize| {
        let room = (shards * replicas).checked_sub(total)?;
        // From `total - p <= (shards - p) * replicas`.
        Some(if replicas > 1 { total.min(room / (replicas - 1)) } else { total })
    };
    let most: Vec<usize> = totals.iter().map(most).collect::<Option<_>>()?;
    let mut leaders = vec![0; totals.len()];
    for _ in 0..shards {
        let next = (0..totals.len()).filter(|&class| leaders[class] < most[class]);
        let next = next.min_by_key(|&class| (leaders[class], std::cmp::Reverse(most[class])))?;
        leaders[next] += 1;
    }
    Some(leaders)
}

/// How many replicas a shard takes from each class but its own: what slack demands, then evenly.
fn spread(supply: &mut [usize], slack: &[usize], own: usize, replicas: usize) -> Vec<usize> {
    let mut counts = vec![0; supply.len()];
    let mut open = replicas;
    for class in (0..supply.len()).filter(|&class| class != own) {
        let due = replicas.saturating_sub(slack[class]).min(supply[class]).min(open);
        counts[class] = due;
        supply[class] -= due;
        open -= due;
    }
    for _ in 0..open {
        let others = (0..supply.len()).filter(|&class| class != own && supply[class] > 0);
        let Some(next) = others.min_by_key(|&class| (counts[class], std::cmp::Reverse(supply[class]))) else {
            break;
        };
        counts[next] += 1;
        supply[next] -= 1;
    }
    counts
}

/// The nodes not yet given away.
struct Stock<'a> {
    sites: &'a Sites,
    class: &'a [usize],
    left: Vec<usize>,
    leading: Vec<usize>,
}

impl Stock<'_> {
    fn in_class(&self, class: usize) -> impl Iterator<Item = usize> {
        (0..self.left.len()).filter(move |&site| self.class[site] == class && self.left[site] > 0)
    }

    fn primary(&mut self, class: usize) -> usize {
        let best = self.in_class(class).min_by_key(|&site| (self.leading[site], site)).unwrap_or_default();
        self.leading[best] += 1;
        self.take(best)
    }

    /// On a machine where the shard is not yet, where there is one.
    fn replica(&mut self, class: usize, group: &[usize]) -> usize {
        let mates = |site: usize| {
            let shares = |class: &[usize]| group.iter().filter(|&&other| class[other] == class[site]).count();
            (shares(&self.sites.machine), shares(&self.sites.zone))
        };
        let best =
            self.in_class(class).min_by_key(|&site| (mates(site), std::cmp::Reverse(self.left[site]), site));
        self.take(best.unwrap_or_default())
    }

    fn take(&mut self, site: usize) -> usize {
        self.left[site] = self.left[site].saturating_sub(1);
        site
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_zones_of_six_cannot_part_three_shards_of_four() {
        assert!(!can_separate(&[6, 6], 3, 4));
        assert!(can_separate(&[5, 7], 3, 4));
        assert!(can_separate(&[8, 8], 4, 4));
        assert!(!can_separate(&[2], 1, 2));
    }
}

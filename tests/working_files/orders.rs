//! The orders in which operations are tried.

use std::fmt;

use crate::operation::Operation;
use crate::random::Random;
use crate::site::Shape;

/// Random orders of all operations per server and shape.
const RANDOM: usize = 2;

/// Operations one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) shape: Shape,
    pub(crate) operations: Vec<Operation>,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.shape, self.operations)
    }
}

/// How many orders are tried at one place, one after the other.
const AT_ONE_PLACE: usize = 24;

/// Orders of one shape.
pub(crate) struct Batch {
    pub(crate) shape: Shape,
    pub(crate) orders: Vec<Order>,
}

/// Every ordered pair of operations, or every triple, and random orders of all of them, the last of which do all
/// of it twice. `ORDERS_SEED` is a number that makes these others.
pub(crate) fn batches() -> Vec<Batch> {
    let length = if std::env::var("ORDERS").is_ok_and(|orders| orders == "all") { 3 } else { 2 };
    let seed = std::env::var("ORDERS_SEED").map_or(0, |seed| seed.parse().expect("ORDERS_SEED is a number"));
    let mut batches = Vec::new();
    for (at, shape) in Shape::ALL.into_iter().enumerate() {
        // Each shape has half of them, every second one.
        let mut operations: Vec<Vec<Operation>> =
            arrangements(length).into_iter().skip(at).step_by(Shape::ALL.len()).collect();
        let mut random = Random::new(seed);
        operations
            .extend((1..=RANDOM).map(|rounds| (0..rounds).flat_map(|_| shuffled(&mut random)).collect()));
        let orders: Vec<Order> =
            operations.into_iter().map(|operations| Order { shape, operations }).collect();
        batches.extend(orders.chunks(AT_ONE_PLACE).map(|orders| Batch { shape, orders: orders.to_vec() }));
    }
    batches
}

/// So many different operations in every order.
fn arrangements(length: usize) -> Vec<Vec<Operation>> {
    let mut found = vec![Vec::new()];
    for _ in 0..length {
        found = found
            .into_iter()
            .flat_map(|start: Vec<Operation>| {
                let next =
                    Operation::ALL.into_iter().filter(|next| !start.contains(next)).collect::<Vec<_>>();
                next.into_iter().map(move |next| [start.clone(), vec![next]].concat())
            })
            .collect();
    }
    found
}

fn shuffled(random: &mut Random) -> Vec<Operation> {
    let mut left = Operation::ALL.to_vec();
    std::iter::from_fn(|| (!left.is_empty()).then(|| left.remove(random.below(left.len())))).collect()
}

//! What shall happen: a scenario file as it is written ([`spec`]), and as it is meant ([`Plan`]).
//!
//! Pure: text goes in, a plan or every mistake with its place comes out.

mod plan;

pub use plan::{
    Assertion, AttachPlan, ContainerPlan, Expect, HeartbeatPlan, Image, Journey, Launch, Method, Phase, Plan,
    ProbePlan, ProcessPlan, Ready, ReadyWhen, Request, Resources, Rule, Step, TargetPlan, Tolerance, Users,
};

namespace Foof

open System.Numerics

/// When statistics are taken and matrices inverted: Algorithm 1's S and T.
type Cadence = {
    /// T: every how many steps the matrices are inverted.
    InvertEvery: int
    /// S: in how many steps before each inversion statistics are taken; S = T takes them in every step.
    StatisticsSteps: int
    /// How many batches of statistics come before the first regular period.
    WarmUp: int
}

/// What a step does besides updating the weights.
[<Struct>]
type Plan = {
    /// Whether the batch's statistics are taken.
    Observe: bool
    /// Whether the matrices are inverted, after those statistics.
    Invert: bool
}

/// The plan as a pure function of the position: how many batches were seen, warm-up included.
[<RequireQualifiedAccess>]
module Cadence =

    /// T = 100, S = 10, 50 batches of warm-up.
    /// (Benzing 2022, Algorithm 1 and App. D)
    let defaults = { InvertEvery = 100; StatisticsSteps = 10; WarmUp = 50 }

    /// Raises an ArgumentException unless T >= 1, 1 <= S <= T and the warm-up is not negative.
    let check (cadence: Cadence) =
        Require.atLeast (nameof cadence.InvertEvery) 1 cadence.InvertEvery
        Require.atLeast (nameof cadence.StatisticsSteps) 1 cadence.StatisticsSteps
        Require.atLeast (nameof cadence.WarmUp) 0 cadence.WarmUp
        if cadence.StatisticsSteps > cadence.InvertEvery then
            invalidArg
                (nameof cadence.StatisticsSteps)
                $"StatisticsSteps (S) must be at most InvertEvery (T = {cadence.InvertEvery}); got {cadence.StatisticsSteps}."

    /// The length of the warm-up: at least one batch, since the first step needs an inverse.
    let warmUp (cadence: Cadence) = max 1 cadence.WarmUp

    /// What the step at `position` (from 0) does. In the warm-up it observes every batch and inverts after 1, 2, 4, 8,
    /// ... batches and at its end; later it inverts every T steps and observes in the S steps up to that one, which
    /// takes its own batch in.
    ///
    /// With t = position + 1 - warm-up > 0: inverts where t mod T = 0, and observes where (t + S - 1) mod T < S.
    /// (Benzing 2022, Algorithm 1 and App. D)
    let plan (cadence: Cadence) (position: int) =
        let seen = position + 1
        if seen <= warmUp cadence then
            { Observe = true; Invert = BitOperations.IsPow2 seen || seen = warmUp cadence }
        else
            let t = seen - warmUp cadence
            {
                Observe = (t + cadence.StatisticsSteps - 1) % cadence.InvertEvery < cadence.StatisticsSteps
                Invert = t % cadence.InvertEvery = 0
            }

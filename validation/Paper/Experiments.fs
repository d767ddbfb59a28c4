namespace Foof.Validation

open System
open Foof

/// Methods as the paper's experiments change them. (Benzing 2022, sections 3 and 4, App. D and I)
[<RequireQualifiedAccess>]
module Experiments =

    let private every (steps: int) = { InvertEvery = steps; StatisticsSteps = 1; WarmUp = 1 }

    /// The curvature of one mini-batch alone, another one than the gradient's: what the subsampled natural gradient sees.
    /// (App. D.1 and I.5)
    let onOneBatch (recipe: Recipe) = {
        recipe with
            Memory = Memory.Latest
            Cadence = every 1
            IndependentBatches = true
    }

    /// The curvature of the gradient's own batch, in every step: of full batches.
    let onOwnBatch (recipe: Recipe) = {
        recipe with
            Memory = Memory.Latest
            Cadence = every 1
            IndependentBatches = false
    }

    /// The curvature of batches that are given by `UpdateCurvature` alone, after the first step.
    let onGivenBatches (recipe: Recipe) = {
        recipe with
            Memory = Memory.Latest
            Cadence = every Int32.MaxValue
            IndependentBatches = false
    }

    /// Block-diagonal natural gradient with the full Fisher.
    let naturalBlocksFull = { Methods.naturalBlocks with Name = "natural-blocks-full"; Fisher = Fisher.Ggn }

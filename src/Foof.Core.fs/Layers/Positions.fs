namespace Foof

open System
open System.Runtime.CompilerServices
open TorchSharp

/// What was said of modules, for the layers that are found in them afterwards. It keeps no module alive.
[<Sealed>]
type internal ModuleMarks<'T when 'T: not struct and 'T: not null>() =
    let marks = ConditionalWeakTable<torch.nn.Module, 'T>()

    /// Says it of a module, and of all modules in it, in place of what was said before.
    member _.Set(outer: torch.nn.Module, mark: 'T) =
        for own in Seq.append [ outer ] (outer.modules ()) do
            marks.AddOrUpdate(own, mark)

    /// What was said of a module.
    member _.Find(own: torch.nn.Module) =
        match marks.TryGetValue own with
        | true, mark -> ValueSome mark
        | _ -> ValueNone

/// How the positions of a layer that shares its weight enter a Kronecker factor.
[<RequireQualifiedAccess>]
type Positions =
    /// Outer products, summed over positions.
    | Summed
    /// Outer products, averaged over positions.
    | Averaged
    /// One outer product a data point, after the positions are put together: inputs averaged, errors summed.
    | Pooled

/// How a layer that shares its weight over positions enters its Kronecker factors, whatever the method says of all
/// layers.
/// (Eschenhagen et al. 2023)
[<RequireQualifiedAccess>]
type WeightSharing =
    /// Errors summed, inputs averaged: exact where the loss is a sum over positions.
    | Expand
    /// One outer product a data point, of the mean input and the summed error: exact where the network averages over
    /// positions before the loss.
    | Reduce

/// Which layers have a weight sharing of their own.
[<RequireQualifiedAccess>]
module SharedWeights =

    let private chosen = ModuleMarks<WeightSharing>()

    let private choose (sharing: WeightSharing) (layers: torch.nn.Module) =
        Require.given (nameof layers) layers
        chosen.Set(layers, sharing)

    /// Reduces a module, and all modules in it: the layers that are found afterwards, by whatever needs their curvature,
    /// optimisers, posteriors or penalties.
    [<CompiledName("Reduce")>]
    let reduce (layers: torch.nn.Module) = choose WeightSharing.Reduce layers

    /// Expands a module, and all modules in it, in the way of `reduce`.
    [<CompiledName("Expand")>]
    let expand (layers: torch.nn.Module) = choose WeightSharing.Expand layers

    /// What was chosen for a module.
    let internal ofModule (layer: torch.nn.Module) = chosen.Find layer

    /// How errors enter where a method has them so.
    let internal errors (sharing: WeightSharing voption) (ofMethod: Positions) =
        match sharing, ofMethod with
        | ValueSome WeightSharing.Reduce, _ -> Positions.Pooled
        | ValueSome WeightSharing.Expand, Positions.Pooled -> Positions.Summed
        | _ -> ofMethod

    /// How inputs enter where a method has them so.
    let internal activations (sharing: WeightSharing voption) (ofMethod: Positions) =
        match sharing, ofMethod with
        | ValueSome WeightSharing.Reduce, _ -> Positions.Pooled
        | ValueSome WeightSharing.Expand, Positions.Pooled -> Positions.Averaged
        | _ -> ofMethod

/// Which positions count in the layers that are called meanwhile: nodes and edges of graphs of several sizes, words of
/// sentences of several lengths, padded to one size. Padding has no part in the Kronecker factors, whose means are over
/// the positions that count; for all else it is enough that the loss does not depend on it.
[<AbstractClass; Sealed>]
type PositionMask private () =
    [<ThreadStatic; DefaultValue>]
    static val mutable private current: torch.Tensor

    /// The mask of this thread's calls; null where all positions count.
    static member Current = PositionMask.current

    /// Masks the layers that are called on this thread until the result is disposed, in place of an outer mask.
    ///
    /// Shapes: mask [n; ...], of truth values, true where a position counts: all dimensions of the layers' inputs but
    /// the last.
    /// The mask stays the caller's.
    /// Raises an ArgumentException unless the mask holds truth values. A layer called under it whose input does not have
    /// its shape, or that has no rows of its own a position, raises one too.
    static member Over(mask: torch.Tensor) =
        Require.given (nameof mask) mask
        if mask.dtype <> torch.ScalarType.Bool || mask.dim () < 2L then
            invalidArg
                (nameof mask)
                $"mask must be [n; positions] of truth values, true where a position counts; got {Shape.describe mask}."
        let before = PositionMask.current
        PositionMask.current <- mask
        {
            new IDisposable with
                member _.Dispose() = PositionMask.current <- before
        }

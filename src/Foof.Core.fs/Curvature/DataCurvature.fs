namespace Foof

open System
open System.Collections.Generic
open System.Threading
open TorchSharp

/// A mean over data points.
[<ReferenceEquality>]
type DataMean<'T> = {
    /// The mean.
    Value: 'T
    /// How many data points count in it.
    DataPoints: int64
}

/// How values that are means over data points are put together from those of two sets of points.
[<ReferenceEquality>]
type PointMean<'T> = {
    /// (1 - share) x + share y for a share in [0, 1], a function of share, x and y; it may share tensors with both.
    Average: Func<float, 'T, 'T, 'T>
    /// The tensors held.
    Tensors: Func<'T, seq<torch.Tensor>>
}

/// The curvature of a whole data set from that of its batches, each a mean over its data points.
[<RequireQualifiedAccess>]
module DataCurvature =

    let private averaged (share: float) (x: torch.Tensor) (y: torch.Tensor) =
        (x * (1.0 - share)).add_(y, share.ToScalar())

    let private averagedSides (share: float) x y =
        if Side.size x <> Side.size y || Side.groups x <> Side.groups y then
            invalidArg "y" $"The factors of both batches must have one order; got {Side.size x} and {Side.size y}."

        for x, y in Seq.zip (Side.tensors x) (Side.tensors y) do
            Require.alike "y" x y

        match x, y with
        | Side.Identity(size, c), Side.Identity(_, c') -> Side.Identity(size, (1.0 - share) * c + share * c')
        | Side.Diagonal d, Side.Diagonal d' -> Side.Diagonal(averaged share d d')
        | Side.Full M, Side.Full M' -> Side.Full(averaged share M M')
        | _ ->
            invalidArg
                "y"
                "The factors of both batches must be of one kind, and not inverses; merge the curvatures instead."

    let rec private mean (share: float) x y =
        match x, y with
        | Curvature.Kronecker(E, A), Curvature.Kronecker(E', A') ->
            Curvature.Kronecker(averagedSides share E E', averagedSides share A A')
        | Curvature.Blocks parts, Curvature.Blocks parts' when parts.Length = parts'.Length ->
            Curvature.Blocks(Array.map2 (mean share) parts parts')
        | Curvature.Dense(F, shapes), Curvature.Dense(F', shapes') when shapes = shapes' && F.dtype = F'.dtype ->
            Curvature.Dense(averaged share F F', shapes)
        | Curvature.Eigenbasis _, _
        | _, Curvature.Eigenbasis _ ->
            invalidArg "y" "Two eigenbases have no mean; average the Kronecker factors and decompose those."
        | _ -> Curvature.add (Curvature.scale (1.0 - share) x) (Curvature.scale share y)

    /// (1 - share) C + share C' of two batches of one data set, share = n' / (n + n').
    ///
    /// Kronecker factors are averaged each by itself, E_bar and A_bar being means over data points, as the factors of
    /// both batches together are: the mean of the two products is another matrix, and not what K-FAC is. Other matrices
    /// are averaged themselves, exactly; of different structures the result is a `Sum`.
    /// The result may share tensors with low-rank arguments; its others belong to the caller.
    /// Raises an ArgumentException when share is outside [0, 1], for Kronecker factors of different kinds or held as
    /// `Side.Inverse`, for eigenbases, and when the layers' shapes, types or devices differ; those of Kronecker factors
    /// are not checked.
    let average (share: float) x y =
        if not (share >= 0.0 && share <= 1.0) then
            invalidArg (nameof share) $"share must lie in [0, 1]; got {share}."
        Scope.ownedBut
            (Curvature.tensors x @ Curvature.tensors y)
            (fun () -> mean share x y)
            (Curvature.tensors >> Seq.ofList)

    /// Means of curvatures, by `average`, with its owner and exceptions.
    let curvatures: PointMean<Curvature> = {
        Average = Func<_, _, _, _>(average)
        Tensors = Func<_, _>(Curvature.tensors >> Seq.ofList)
    }

    /// Means of vectors in weight space, (1 - share) x + share y in new tensors.
    /// Raises an ArgumentException when they are empty or their layers, shapes, types or devices differ.
    let vectors: PointMean<torch.Tensor array> = {
        Average = Func<_, _, _, _>(fun share x y -> WeightVector.axpy share y (WeightVector.scale (1.0 - share) x))
        Tensors = Func<_, _>(Seq.ofArray)
    }

    /// How many data points of a batch count: those with a label that is not ignored. Without labels (null) all count,
    /// and the output is not looked at.
    /// Raises an ArgumentException for labels that do not fit the output, and a NumericalFailure for inputs or outputs
    /// that are not finite.
    let points likelihood (input: torch.Tensor) (output: torch.Tensor) (target: torch.Tensor) =
        if input.numel () = 0L then
            invalidArg (nameof input) "input must hold at least one data point; got none."
        Numbers.requireFinite "the batch" "inputs are not finite" "check the data for NaN" input
        if isNull target then
            input.size 0
        else
            LikelihoodCheck.labels likelihood output target
            Scope.value (fun () ->
                match Likelihood.shown likelihood target with
                | ValueSome numbers when numbers.size 0 = 0L -> 0L
                | shown ->
                    Likelihood.check likelihood output target
                    shown |> ValueOption.fold (fun _ numbers -> numbers.size 0) (target.size 0))

    /// Takes `next` out of every scope, and frees those of `kept` that are not among them.
    let private replace (kept: HashSet<torch.Tensor>) (next: seq<torch.Tensor>) =
        let next = HashSet<torch.Tensor>(next, HashIdentity.Reference)
        next |> Seq.iter (Scope.detach >> ignore)
        kept |> Seq.filter (next.Contains >> not) |> Seq.iter _.Dispose()
        kept.Clear()
        kept.UnionWith next

    /// The mean over all data points of what `ofBatch` makes of each batch, and how many of them count.
    ///
    /// One pass: `ofBatch` is given a batch's place, from 1, its input and its target, and gives the batch's mean and
    /// its points that count; it runs in a scope of its own, without a graph. A batch weighs in the mean by these
    /// points; where it has none, its mean is not looked at.
    /// `requireRoom` is given the mean so far and its points after each batch, and raises where they take too much
    /// memory; then `progress` is given the number of batches done. Both may be null.
    /// The result's tensors are in no scope and belong to the caller; after an error they are freed.
    /// Raises an ArgumentException when there is no batch or one has no input, and an OperationCanceledException when
    /// `cancellation`, which is looked at before each batch, asks for it.
    let accumulate
        (mean: PointMean<'T>)
        (ofBatch: Func<int, torch.Tensor, torch.Tensor, DataMean<'T>>)
        (requireRoom: Action<'T, int64>)
        (progress: IProgress<int>)
        (cancellation: CancellationToken)
        (batches: seq<struct (torch.Tensor * torch.Tensor)>)
        : DataMean<'T> =
        let kept = HashSet<torch.Tensor>(HashIdentity.Reference)

        let averaged found (own: DataMean<'T>) =
            match found with
            | ValueNone -> own
            | ValueSome before ->
                let points = before.DataPoints + own.DataPoints
                let share = float own.DataPoints / float points
                { Value = mean.Average.Invoke(share, before.Value, own.Value); DataPoints = points }

        let withBatch found place (input: torch.Tensor) target =
            use _batch = torch.NewDisposeScope()
            use _quiet = torch.no_grad ()
            if isNull input then raise (ArgumentException $"batch {place} must have an input; it is null.")
            let own = ofBatch.Invoke(place, input, target)
            if own.DataPoints = 0L then
                found
            else
                let all: DataMean<'T> = averaged found own
                replace kept (mean.Tensors.Invoke all.Value)
                if not (isNull requireRoom) then requireRoom.Invoke(all.Value, all.DataPoints)
                ValueSome all

        try
            let mutable found = ValueNone
            let mutable place = 0

            for struct (input, target) in batches do
                cancellation.ThrowIfCancellationRequested()
                place <- place + 1
                found <- withBatch found place input target
                if not (isNull progress) then progress.Report place

            match found with
            | ValueSome found -> found
            | ValueNone when place > 0 ->
                invalidArg
                    (nameof batches)
                    $"The batches must hold a label that counts; all are {LikelihoodCheck.ignored}."
            | ValueNone -> invalidArg (nameof batches) "The batches must hold at least one; got none."
        with _ ->
            replace kept []
            reraise ()

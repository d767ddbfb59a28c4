namespace Foof

open TorchSharp

/// How the penalties of several tasks become one.
[<RequireQualifiedAccess>]
type Gathering =
    /// A penalty for each task around the weights that it left, sum_t q_t(theta): memory grows with the tasks.
    | Separate
    /// The sum of those penalties, multiplied out into one quadratic function around the newest weights.
    | Summed
    /// C <- decay C + F around the newest weights: what was learnt is one Gaussian, its mean the newest weights (Ritter
    /// et al. 2018). `decay` 1 forgets nothing.
    | Online of decay: float

/// How tasks are consolidated.
type ConsolidationRule = {
    /// How the penalties of several tasks become one.
    Gathering: Gathering
    /// Whether Kronecker products are merged into one, with the trace of the sum, where curvatures are added; otherwise
    /// they are kept term by term, and the sum is exact.
    Merge: bool
    /// The most columns of a low-rank curvature; ValueNone keeps all.
    Columns: int voption
}

/// What was learnt from the tasks so far: penalties, and the largest share of a trace that compression ever left out.
[<ReferenceEquality>]
type Consolidated = {
    /// One quadratic function a task, or one for all; it does not own their tensors.
    Terms: Quadratic list
    /// The number of tasks.
    Tasks: int
    /// The largest share of the low-rank curvatures' trace, in [0, 1], that a compression left out of the terms.
    Discarded: float
}

/// Learning task after task: penalties that keep the weights where earlier tasks need them.
///
/// The penalty of one task is strength/2 (theta - theta*)^T w F (theta - theta*), F the mean Fisher of the task and w =
/// N / N_new its data points beside the new task's; with strength 1 it is the negative log posterior of the earlier
/// data, by Laplace, in units of the new task's mean loss.
/// (Kirkpatrick et al. 2017; MATH 7)
[<RequireQualifiedAccess>]
module Consolidation =

    /// Nothing learnt yet: a penalty of zero.
    let nothing: Consolidated = { Terms = []; Tasks = 0; Discarded = 0.0 }

    /// The tensors held, term after term; they stay the terms'.
    let tensors (learnt: Consolidated) = List.collect Quadratic.tensors learnt.Terms

    /// Raises an ArgumentException unless an Online decay lies in [0, 1] and a number of columns is at least 1.
    let check (rule: ConsolidationRule) =
        match rule.Gathering with
        | Gathering.Online decay when not (decay >= 0.0 && decay <= 1.0) ->
            invalidArg (nameof decay) $"decay must lie in [0, 1]; got {decay}."
        | _ -> ()
        rule.Columns |> ValueOption.iter (Require.atLeast "the number of columns" 1)

    /// A curvature whose low-rank parts have at most so many columns, and the largest share discarded.
    let rec private compressed (columns: int) curvature : struct (Curvature * float) =
        match curvature with
        | Curvature.LowRank G ->
            let found = Compression.leading columns G
            struct (Curvature.LowRank found.Factor, found.Discarded)
        | Curvature.Blocks parts ->
            let found = parts |> Array.map (compressed columns)
            struct (found |> Array.map (fun struct (part, _) -> part) |> Curvature.Blocks,
                    found |> Array.map (fun struct (_, share) -> share) |> Array.max)
        | _ -> struct (curvature, 0.0)

    let private withinBudget (rule: ConsolidationRule) (q: Quadratic) : struct (Quadratic * float) =
        match rule.Columns with
        | ValueNone -> struct (q, 0.0)
        | ValueSome columns ->
            let struct (curvature, share) = compressed columns q.Curvature
            struct ({ q with Curvature = curvature }, share)

    /// The terms with one more task, those that are new first compressed to the budget.
    let private gathered (rule: ConsolidationRule) (terms: Quadratic list) (task: Quadratic) =
        let join = if rule.Merge then Curvature.merge else Curvature.add
        match rule.Gathering, terms with
        | Gathering.Separate, _ ->
            let struct (task, share) = withinBudget rule task
            struct (terms @ [ task ], share)
        | _, [] ->
            let struct (task, share) = withinBudget rule task
            struct ([ task ], share)
        | Gathering.Summed, earlier ->
            let struct (sum, share) =
                withinBudget rule (List.fold (fun task earlier -> Quadratic.add join earlier task) task earlier)

            struct ([ sum ], share)
        | Gathering.Online decay, earlier ->
            let join curvature (earlier: Quadratic) = join (Curvature.scale decay earlier.Curvature) curvature
            let struct (sum, share) = withinBudget rule { task with Curvature = List.fold join task.Curvature earlier }
            struct ([ sum ], share)

    /// What is learnt after one more task: `curvature` is w F of the task and `centre` the weights after it.
    ///
    /// The result may share tensors with `learnt`, the curvature and the centre: who frees those looks at `tensors`
    /// first; its other tensors belong to the caller.
    /// Shapes: centre one [d_out; d_in] a layer of the curvature.
    /// Raises an ArgumentException when shapes, types or devices do not fit, the decay is outside [0, 1] or `Columns`
    /// is below 1, and a NumericalFailure when columns that are compressed are not finite.
    /// (Kirkpatrick et al. 2017; Ritter et al. 2018; MATH 7)
    let remember (rule: ConsolidationRule) curvature (centre: torch.Tensor array) (learnt: Consolidated) =
        check rule
        let task = Quadratic.around curvature centre
        let given = tensors learnt @ Quadratic.tensors task
        Scope.ownedBut
            given
            (fun () ->
                let struct (terms, share) = gathered rule learnt.Terms task
                { Terms = terms; Tasks = learnt.Tasks + 1; Discarded = max learnt.Discarded share })
            (tensors >> Seq.ofList)

    /// The penalty strength sum q(theta) over the tasks' terms and its gradient, in one pass over each curvature; zeros
    /// before the first task.
    ///
    /// Shapes: theta one [d_out; d_in] a layer -> [] and the same as theta.
    /// The results belong to the caller.
    /// Raises an ArgumentException when strength is negative or the shapes, types or devices do not fit.
    /// (Kirkpatrick et al. 2017; MATH 7)
    let penalty (strength: float) (theta: torch.Tensor array) (learnt: Consolidated) =
        Require.nonNegative (nameof strength) strength
        let add x y = { Value = x.Value + y.Value; Gradient = WeightVector.add x.Gradient y.Gradient }

        Scope.owned
            (fun () ->
                match learnt.Terms |> List.map (Quadratic.valueAndGradient theta) with
                | [] -> {
                    Value = torch.zeros (Array.empty<int64>, dtype = theta[0].dtype, device = theta[0].device)
                    Gradient = Array.map torch.zeros_like theta
                  }
                | found when strength = 1.0 -> List.reduce add found
                | found ->
                    let sum = List.reduce add found
                    { Value = sum.Value * strength; Gradient = WeightVector.scale strength sum.Gradient })
            (fun found -> Seq.append [ found.Value ] found.Gradient)

/// The importance of weights from the path that training took: the baseline that needs no Fisher.
/// (Zenke et al. 2017)
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module SynapticIntelligence =

    /// omega <- omega - g o (theta' - theta), in place: what one step, from theta to theta', took off the loss.
    ///
    /// g is the gradient of the task's loss alone, of the mini-batch that the step was made with and before it.
    /// Shapes: one [d_out; d_in] a layer each.
    /// Raises an ArgumentException when their layers or shapes are not those of omega.
    /// (Zenke et al. 2017)
    let accumulate
        (omega: torch.Tensor array)
        (gradient: torch.Tensor array)
        (before: torch.Tensor array)
        (after: torch.Tensor array)
        =
        for name, x in [ "gradient", gradient; "before", before; "after", after ] do
            WeightVector.check name (WeightVector.shapes omega) x
        Scope.value (fun () ->
            for l in 0 .. omega.Length - 1 do
                omega[l].addcmul_(gradient[l], after[l] - before[l], (-1.0).ToScalar()) |> ignore)

    /// max(omega, 0) / ((theta' - theta)^2 + xi) for a task that moved the weights from theta to theta'.
    ///
    /// xi > 0 bounds what a weight that hardly moved can count.
    /// Shapes: one [d_out; d_in] a layer each.
    /// The result belongs to the caller.
    /// Raises an ArgumentException when xi is not positive or shapes do not fit.
    /// (Zenke et al. 2017)
    let importance (xi: float) (omega: torch.Tensor array) (start: torch.Tensor array) (finish: torch.Tensor array) =
        Require.positive (nameof xi) xi
        WeightVector.check (nameof start) (WeightVector.shapes omega) start
        WeightVector.check (nameof finish) (WeightVector.shapes omega) finish
        Scope.owned
            (fun () ->
                Array.init omega.Length (fun l ->
                    omega[l].clamp_min(0.0.ToScalar()) / ((finish[l] - start[l]).square() + xi)))
            Seq.ofArray

    /// The curvature of the penalty c sum Omega (theta - theta*)^2 of a task, in the units of `Consolidation.penalty`:
    /// 2 Omega, so that its strength is c.
    /// The result belongs to the caller.
    /// Shapes: Omega one [d_out; d_in] a layer.
    /// (Zenke et al. 2017)
    let curvature (importance: torch.Tensor array) = Curvature.Diagonal(WeightVector.scale 2.0 importance)

namespace Foof

open System
open System.Threading
open TorchSharp

/// The recurrences of preconditioned conjugate gradients. Dots stay on the device, and one number is read in each
/// iteration.
[<RequireQualifiedAccess>]
module internal Recurrence =

    /// The vectors of an iteration, changed in place: x, r = b - C x, the direction p and rho = r . M r.
    [<ReferenceEquality>]
    type State = {
        C: LinearOperator
        M: LinearOperator voption
        B: torch.Tensor array
        X: torch.Tensor array
        R: torch.Tensor array
        P: torch.Tensor array
        Rho: torch.Tensor
        /// |b|.
        Size: float
    }

    let private replace (target: torch.Tensor array) (source: torch.Tensor array) =
        Array.iter2 (fun (x: torch.Tensor) (y: torch.Tensor) -> x.copy_ y |> ignore) target source

    /// target <- target + factor direction, for a factor [] on the device.
    let private move (target: torch.Tensor array) (factor: torch.Tensor) (direction: torch.Tensor array) =
        Array.iter2
            (fun (x: torch.Tensor) (p: torch.Tensor) -> x.addcmul_ (p, factor, 1.0.ToScalar()) |> ignore)
            target
            direction

    let private preconditioned (state: State) =
        match state.M with
        | ValueSome M -> M.Product state.R
        | ValueNone -> state.R

    /// Why an iteration cannot continue.
    let private diagnose (state: State) iteration (curvature: torch.Tensor) =
        let failure what remedy = NumericalFailure($"{what} in iteration {iteration}", "conjugate gradients", remedy)
        match Numbers.number curvature, Numbers.number state.Rho with
        | curvature, rho when not (Double.IsFinite curvature && Double.IsFinite rho) ->
            failure
                $"p^T C p is {curvature} and r^T M r is {rho}"
                "check C, the preconditioner M and the start for NaN and overflow"
        | curvature, _ when curvature <= 0.0 ->
            failure
                $"C is not positive definite, p^T C p is {curvature}"
                "raise the damping or use a positive semi-definite curvature"
        | _, rho when rho <= 0.0 ->
            failure
                $"the preconditioner M is not positive definite, r^T M r is {rho}"
                "raise its damping or leave it out"
        | _ -> failure "the residual overflows" "use float64"

    /// One iteration; the relative residual by the recurrence.
    let advance (state: State) iteration =
        use _scope = torch.NewDisposeScope()
        let product = state.C.Product state.P
        let curvature = WeightVector.dot state.P product
        let step = state.Rho / curvature
        move state.X step state.P
        move state.R (step.neg ()) product

        // One number is read: its size is the residual, and its sign, zero's too, shows whether something is wrong.
        let squared = WeightVector.dot state.R state.R
        let signed = Numbers.number (squared * torch.minimum(curvature, state.Rho).sign())

        if Double.IsNegative signed || not (Double.IsFinite signed) then
            raise (diagnose state iteration curvature)

        let z = preconditioned state
        let rho = WeightVector.dot state.R z
        let ratio = rho / state.Rho
        Array.iter2 (fun (p: torch.Tensor) (z: torch.Tensor) -> p.mul_(ratio).add_ z |> ignore) state.P z
        state.Rho.copy_ rho |> ignore
        sqrt signed / state.Size

    /// p <- M r, rho <- r . M r, before a first iteration.
    let aim (state: State) =
        use _scope = torch.NewDisposeScope()
        let z = preconditioned state
        replace state.P z
        state.Rho.copy_ (WeightVector.dot state.R z) |> ignore

    /// r <- b - C x, which forgets the rounding that the recurrence has piled up, and the relative residual.
    let restart (state: State) =
        use _scope = torch.NewDisposeScope()
        replace state.R (WeightVector.axpy -1.0 (state.C.Product state.X) state.B)
        aim state
        Numbers.number (WeightVector.norm state.R) / state.Size

/// When conjugate gradients stop, and what helps them.
[<ReferenceEquality>]
type ConjugateGradientsSettings = {
    /// The most products with p that are made, 1 at least.
    MaxIterations: int
    /// The residual |b - C x| / |b| that is enough, 0 at least.
    Tolerance: float
    /// An approximation of C^-1, symmetric positive definite, over C's layers. It stays the caller's.
    Preconditioner: LinearOperator voption
    /// Where x starts, one [d_out; d_in] a layer, zero by default. It stays the caller's and is not changed.
    Start: torch.Tensor array voption
    /// Ends the iteration by an OperationCanceledException.
    Cancellation: CancellationToken
    /// Called after each iteration, on the thread that solves, with its number, from 1, and the relative residual.
    Progress: Action<int, float> voption
}

/// The result of conjugate gradients.
/// Owns its tensors.
[<ReferenceEquality>]
type ConjugateGradientsResult = {
    /// x, one matrix [d_out; d_in] per layer.
    Solution: torch.Tensor array
    /// How many iterations were made.
    Iterations: int
    /// |b - C x| / |b|, computed from the solution and not carried along.
    RelativeResidual: float
    /// Whether that is within the tolerance.
    Converged: bool
} with

    interface IDisposable with
        member result.Dispose() =
            for tensor in result.Solution do
                tensor.Dispose()

/// The solution x of C x = b for a symmetric positive definite C that is known by its products only.
[<RequireQualifiedAccess>]
module ConjugateGradients =

    /// At most 1,000 iterations to a relative residual of 1e-6, from zero, without a preconditioner.
    let defaults = {
        MaxIterations = 1000
        Tolerance = 1e-6
        Preconditioner = ValueNone
        Start = ValueNone
        Cancellation = CancellationToken.None
        Progress = ValueNone
    }

    /// Iterates until the recurrence's residual reaches `goal`; the number of iterations made by then.
    let rec private descend (settings: ConjugateGradientsSettings) state (goal: float) iteration =
        if iteration >= settings.MaxIterations then
            iteration
        else
            settings.Cancellation.ThrowIfCancellationRequested()
            let residual = Recurrence.advance state (iteration + 1)
            settings.Progress |> ValueOption.iter _.Invoke(iteration + 1, residual)
            if residual <= goal then iteration + 1 else descend settings state goal (iteration + 1)

    /// Descends from the true residual again and again, until that is small enough or stops shrinking.
    let rec private settle (settings: ConjugateGradientsSettings) state goal iteration (residual: float) =
        if residual <= settings.Tolerance || iteration >= settings.MaxIterations then
            struct (iteration, residual)
        else
            let reached = descend settings state goal iteration
            let found = Recurrence.restart state
            if found > residual / 2.0 then struct (reached, found) else settle settings state goal reached found

    /// The relative residual below which the recurrence no longer follows the true one.
    let private floor (kind: torch.ScalarType) =
        match kind with
        | torch.ScalarType.Float64 -> 2.3e-16
        | torch.ScalarType.Float32 -> 1.2e-7
        | _ -> 7.9e-3

    let private check (C: LinearOperator) (b: torch.Tensor array) (settings: ConjugateGradientsSettings) =
        Require.atLeast (nameof settings.MaxIterations) 1 settings.MaxIterations
        Require.nonNegative (nameof settings.Tolerance) settings.Tolerance
        C.Require(nameof b, b)
        settings.Start |> ValueOption.iter (fun start -> C.Require(nameof settings.Start, start))
        match settings.Preconditioner with
        | ValueSome M when M.Shapes <> C.Shapes ->
            invalidArg
                (nameof settings.Preconditioner)
                "The preconditioner must be one for the operator's layers; its shapes are others."
        | _ -> ()

    /// The largest |b_j|.
    /// Raises an ArgumentException unless it is finite.
    let private largest (b: torch.Tensor array) =
        let layer (b: torch.Tensor) =
            let b = b.detach ()
            torch.maximum(b, b.neg ()).amax(Array.empty<int64>)
        let largest =
            Scope.value (fun () -> Numbers.number (torch.stack(Array.map layer b, 0L).amax(Array.empty<int64>)))
        if not (Double.IsFinite largest) then
            invalidArg (nameof b) $"b must hold finite numbers only; its largest is {largest}."
        largest

    /// Vectors and residual before the first iteration, for b and x in units of `scale`.
    let private prepare C (b: torch.Tensor array) (settings: ConjugateGradientsSettings) (scale: float) =
        let scaled = Array.map (fun (x: torch.Tensor) -> x.detach () / scale)
        let B = scaled b
        let squared = WeightVector.dot B B

        let state: Recurrence.State = {
            C = C
            M = settings.Preconditioner
            B = B
            X =
                match settings.Start with
                | ValueSome start -> scaled start
                | ValueNone -> B |> Array.map _.zeros_like()
            R = B |> Array.map _.clone()
            P = B |> Array.map _.zeros_like()
            Rho = squared.clone ()
            Size = sqrt (Numbers.number squared)
        }

        if settings.Start.IsSome then
            struct (state, Recurrence.restart state)
        else
            Recurrence.aim state
            struct (state, 1.0)

    /// x with C x = b, for a symmetric positive definite C.
    ///
    /// Before it ends it computes b - C x from x, and continues if the recurrence was wrong: one product more than
    /// iterations, two with a start. Where rounding keeps the residual above the tolerance, or after `MaxIterations`,
    /// the result says that it has not converged. A right-hand side of zeros gives zeros.
    /// Shapes: b one matrix [d_out; d_in] per layer -> the same.
    /// The result belongs to the caller; b is not changed.
    /// Raises an ArgumentException when shapes, types, devices or settings do not fit or b is not finite, a
    /// NumericalFailure when p^T C p <= 0, the preconditioner is not positive definite or anything overflows, and an
    /// OperationCanceledException.
    /// (Hestenes and Stiefel 1952)
    let solve (operator: LinearOperator) (b: torch.Tensor array) (settings: ConjugateGradientsSettings) =
        check operator b settings
        let scale = largest b

        let zeros () = {
            Solution = b |> Array.map (fun b -> b.detach().zeros_like())
            Iterations = 0
            RelativeResidual = 0.0
            Converged = true
        }

        let iterate () =
            let struct (state, residual) = prepare operator b settings scale
            let goal = max settings.Tolerance (floor operator.Kind)
            let struct (iterations, residual) = settle settings state goal 0 residual

            {
                Solution = state.X |> WeightVector.scale scale
                Iterations = iterations
                RelativeResidual = residual
                Converged = residual <= settings.Tolerance
            }

        Scope.owned (if scale = 0.0 then zeros else iterate) (fun result -> Seq.ofArray result.Solution)

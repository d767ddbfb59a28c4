namespace Foof

open System
open TorchSharp

/// The recurrences of preconditioned conjugate gradients. Dots stay on the device, and one number is read
/// in each iteration.
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

    /// Why an iteration cannot go on.
    let private diagnose (state: State) iteration (curvature: torch.Tensor) =
        let failure what remedy =
            NumericalFailure($"{what} in iteration {iteration}", "conjugate gradients", remedy)

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

        // One number tells the residual by its size, and by its sign, zero's too, if something is wrong.
        let squared = WeightVector.dot state.R state.R
        let told = Numbers.number (squared * torch.minimum(curvature, state.Rho).sign())

        if Double.IsNegative told || not (Double.IsFinite told) then
            raise (diagnose state iteration curvature)

        let z = preconditioned state
        let rho = WeightVector.dot state.R z
        let ratio = rho / state.Rho
        Array.iter2 (fun (p: torch.Tensor) (z: torch.Tensor) -> p.mul_(ratio).add_ z |> ignore) state.P z
        state.Rho.copy_ rho |> ignore
        sqrt told / state.Size

    /// p <- M r, rho <- r . M r: a first iteration comes next.
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

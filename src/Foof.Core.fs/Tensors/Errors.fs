namespace Foof

open System
open TorchSharp

/// The numbers' own failure, as opposed to a caller's mistake: a matrix that cannot be factored, a loss that is no
/// number. The object that raised it is as it was before the call. Its message is "subject: what; remedy."
[<Sealed>]
type NumericalFailure(what: string, subject: string, remedy: string) =
    inherit Exception($"{subject}: {what}; {remedy}.")

    /// What went wrong, without the subject.
    member _.What = what

    /// The layer or quantity that failed.
    member _.Subject = subject

    /// What to try.
    member _.Remedy = remedy

/// Shapes in messages.
[<RequireQualifiedAccess>]
module Shape =

    /// 10; 784 for [10; 784].
    let text (shape: int64 array) = shape |> Array.map string |> String.concat "; "

    /// [10; 784], [10]: several shapes, each in brackets.
    let list (shapes: int64 array array) = shapes |> Array.map (fun shape -> $"[{text shape}]") |> String.concat ", "

    /// [10; 784] of Float32: a tensor's shape and type.
    let describe (tensor: torch.Tensor) = $"[{text tensor.shape}] of {tensor.dtype}"

/// The checks at public entries. Each raises an `ArgumentException` in one sentence: subject, requirement, what came.
[<RequireQualifiedAccess>]
module Require =

    // A quantity that is no argument, such as "the number of layers", has spaces in its name.
    let private refuse (name: string) (message: string) =
        if name.Contains ' ' then raise (ArgumentException message) else invalidArg name message

    /// Raises an ArgumentNullException when `value` is null.
    let given (name: string) (value: 'T) = if isNull (box value) then nullArg name

    /// Raises an ArgumentException unless `value` is finite and greater than zero.
    let positive (name: string) (value: float) =
        if not (Double.IsFinite value && value > 0.0) then
            refuse name $"{name} must be a positive number; got {value}."

    /// The least number whose inverse a type holds, but for a margin; its inverse is the largest such number.
    let leastInvertible (kind: torch.ScalarType) = if kind = torch.ScalarType.Float64 then 1e-307 else 1e-37

    /// Raises an ArgumentException unless the type holds `value` and its inverse.
    let invertible (name: string) (kind: torch.ScalarType) (value: float) =
        positive name value
        let least = leastInvertible kind
        if value < least || value > 1.0 / least then
            refuse
                name
                ($"{name} must lie from {least} to {1.0 / least}, so that {kind} holds it and its inverse; got {value}: "
                 + "choose one in that range, or a type that holds more.")

    /// Raises an ArgumentException unless `value` is finite and at least zero.
    let nonNegative (name: string) (value: float) =
        if not (Double.IsFinite value && value >= 0.0) then
            refuse name $"{name} must be a number of at least 0; got {value}."

    /// Raises an ArgumentException unless `value` lies in [0, 1).
    let fraction (name: string) (value: float) =
        if not (value >= 0.0 && value < 1.0) then refuse name $"{name} must lie in [0, 1); got {value}."

    /// Raises an ArgumentException unless `value` is at least `least`.
    let atLeast (name: string) (least: int) (value: int) =
        if value < least then refuse name $"{name} must be at least {least}; got {value}."

    /// Gives `tensor` itself back, on whatever device it is.
    /// Raises an ArgumentException unless it has this shape and type.
    let like (name: string) (shape: int64 array) (kind: torch.ScalarType) (tensor: torch.Tensor) =
        if tensor.shape <> shape then
            invalidArg name $"'{name}' must have shape [{Shape.text shape}]; got [{Shape.text tensor.shape}]."
        elif tensor.dtype <> kind then
            invalidArg name $"'{name}' must be of type {kind}; got {tensor.dtype}."
        else
            tensor

    /// Whether two devices are one and the same. An index below zero is left open, as that of `torch.CUDA`: it goes
    /// with every index.
    let isSameDevice (x: torch.Device) (y: torch.Device) =
        x.``type`` = y.``type`` && (x.index < 0 || y.index < 0 || x.index = y.index)

    /// Raises an ArgumentException unless `tensor` has this type and is on this device, by `isSameDevice`.
    let place (name: string) (kind: torch.ScalarType) (device: torch.Device) (tensor: torch.Tensor) =
        if tensor.dtype <> kind || not (isSameDevice tensor.device device) then
            invalidArg
                name
                ($"{name} must be {kind} on {device}, like what it goes with; "
                 + $"got {tensor.dtype} on {tensor.device}.")

    /// Raises an ArgumentException unless `tensor` has the type of `like` and is on its device.
    let alike (name: string) (like: torch.Tensor) (tensor: torch.Tensor) = place name like.dtype like.device tensor

    /// Raises an ArgumentException unless `generator` is null, the default one, or draws on this device.
    let generator (generator: torch.Generator) (device: torch.Device) =
        if not (isNull generator) && not (isSameDevice generator.device device) then
            invalidArg
                (nameof generator)
                ($"generator must draw on {device}, where the tensors are; it draws on {generator.device}: make it with "
                 + "new Generator(seed, device).")

/// The only places where a number leaves its device: checks and decisions.
[<RequireQualifiedAccess>]
module Numbers =

    /// A one-element tensor's number as float64; on an accelerator this waits for it.
    let number (tensor: torch.Tensor) = tensor.ToDouble()

    /// Whether a one-element truth tensor holds; on an accelerator this waits for it.
    let holds (tensor: torch.Tensor) = tensor.item<bool>()

    /// Whether no element is NaN or infinite; on an accelerator this waits for it.
    let isFinite (tensor: torch.Tensor) =
        // A sum takes a fraction of the time, and is finite only where all elements are.
        Scope.value (fun () -> tensor.sum().isfinite().item<bool>() || tensor.isfinite().all().item<bool>())

    /// How many elements are NaN or infinite; on an accelerator this waits for it.
    let countNotFinite (tensor: torch.Tensor) =
        Scope.value (fun () -> tensor.isfinite().logical_not().sum().item<int64>())

    /// Raises a NumericalFailure when some element of a tensor of numbers is NaN or infinite; whole numbers never are.
    /// `what` follows the count in its message: "3 of 12 activations are not finite" for "activations are not finite".
    let requireFinite (subject: string) (what: string) (remedy: string) (tensor: torch.Tensor) =
        let bad = if tensor.is_floating_point () then countNotFinite tensor else 0L
        if bad > 0L then raise (NumericalFailure($"{bad} of {tensor.numel ()} {what}", subject, remedy))

    /// Raises a NumericalFailure when some element is NaN or infinite, or when the sum of the squares is; whole numbers
    /// pass.
    /// `what` names the elements in its message: "activations".
    let requireFiniteSquares (subject: string) (what: string) (remedy: string) (tensor: torch.Tensor) =
        // Without a matrix of the squares, where libtorch's inner product knows the type and counts beyond 2^31.
        let squares () =
            if
                tensor.device_type = DeviceType.CPU
                && (tensor.dtype = torch.ScalarType.Float32 || tensor.dtype = torch.ScalarType.Float64)
            then
                let all = tensor.flatten ()
                all.dot all
            else
                tensor.square().sum()

        if tensor.is_floating_point () && not (Scope.value (fun () -> squares().isfinite().item<bool>())) then
            requireFinite subject $"{what} are not finite" remedy tensor

            raise (
                NumericalFailure(
                    $"the squares of {what} exceed what {tensor.dtype} holds",
                    subject,
                    "scale the data down, lower the learning rate or use float64"
                )
            )

    /// How many elements of a truth tensor hold.
    let count (truths: torch.Tensor) = Scope.value (fun () -> truths.sum().item<int64>())

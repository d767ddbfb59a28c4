namespace Foof

open TorchSharp

/// The only places where a number leaves its device: checks and decisions.
[<RequireQualifiedAccess>]
module Numbers =

    /// A one-element tensor's number.
    let number (tensor: torch.Tensor) = tensor.ToDouble()

    /// Whether a one-element truth tensor holds.
    let holds (tensor: torch.Tensor) = tensor.item<bool>()

    /// Whether no element is NaN or infinite.
    let isFinite (tensor: torch.Tensor) =
        // A sum takes a fraction of the time, and is finite only where all elements are.
        Scope.value (fun () -> tensor.sum().isfinite().item<bool>() || tensor.isfinite().all().item<bool>())

    /// How many elements are NaN or infinite.
    let countNotFinite (tensor: torch.Tensor) =
        Scope.value (fun () -> tensor.isfinite().logical_not().sum().item<int64>())

    /// Raises a NumericalFailure when some element of a tensor of numbers is NaN or infinite; whole numbers never are.
    let requireFinite (subject: string) (what: string) (remedy: string) (tensor: torch.Tensor) =
        let bad =
            if tensor.is_floating_point () then
                countNotFinite tensor
            else
                0L

        if bad > 0L then
            raise (NumericalFailure($"{bad} of {tensor.numel ()} {what}", subject, remedy))

    /// Raises a NumericalFailure when some element is NaN or infinite, or when the sum of the squares is.
    let requireFiniteSquares (subject: string) (what: string) (remedy: string) (tensor: torch.Tensor) =
        // Without a matrix of the squares, where libtorch's inner product knows the type and counts beyond 2^31.
        let squares () =
            if
                tensor.device_type = DeviceType.CPU
                && (tensor.dtype = torch.ScalarType.Float32
                    || tensor.dtype = torch.ScalarType.Float64)
            then
                let all = tensor.flatten ()
                all.dot all
            else
                tensor.square().sum()

        if
            tensor.is_floating_point ()
            && not (Scope.value (fun () -> squares().isfinite().item<bool>()))
        then
            requireFinite subject $"{what} are not finite" remedy tensor

            raise (
                NumericalFailure(
                    $"the squares of {what} exceed what {tensor.dtype} holds",
                    subject,
                    "scale the data down, lower the learning rate or use float64"
                )
            )

    /// How many elements of a truth tensor hold.
    let count (truths: torch.Tensor) =
        Scope.value (fun () -> truths.sum().item<int64>())

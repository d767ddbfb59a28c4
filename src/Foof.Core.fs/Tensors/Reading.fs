namespace Foof

open TorchSharp

/// The only places where a number leaves its device: checks and decisions. On the meta device, which has shapes
/// and no data, every check passes.
[<RequireQualifiedAccess>]
module Reading =

    let private isMeta (tensor: torch.Tensor) = tensor.device_type = DeviceType.META

    /// Whether there are numbers behind the shape: false on the meta device only.
    let hasData (tensor: torch.Tensor) = not (isMeta tensor)

    /// A one-element tensor's number; 1 on the meta device.
    let number (tensor: torch.Tensor) =
        if isMeta tensor then 1.0 else tensor.ToDouble()

    /// Whether a one-element truth tensor holds; true on the meta device.
    let holds (tensor: torch.Tensor) = isMeta tensor || tensor.item<bool>()

    /// Whether no element is NaN or infinite; true on the meta device.
    let isFinite (tensor: torch.Tensor) =
        // A sum takes a fraction of the time, and is finite only where all elements are.
        isMeta tensor
        || Scope.value (fun () ->
            tensor.sum().isfinite().item<bool>() || tensor.isfinite().all().item<bool>())

    /// How many elements are NaN or infinite; 0 on the meta device.
    let countNotFinite (tensor: torch.Tensor) =
        if isMeta tensor then
            0L
        else
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
            && not (isMeta tensor)
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

    /// How many elements of a truth tensor hold; 0 on the meta device.
    let count (truths: torch.Tensor) =
        if isMeta truths then
            0L
        else
            Scope.value (fun () -> truths.sum().item<int64>())

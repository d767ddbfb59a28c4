namespace Foof

open TorchSharp

/// The inputs of a layer as the rows that its weight multiplies, a_ir for data point i and position r.
[<RequireQualifiedAccess; ReferenceEquality>]
type Activations =
    /// A [g; n; R; d_in]: groups (1 but for grouped layers), data points, positions, inputs. `shown` [n; R], in A's
    /// type, is one where a position counts and zero for padding, whose rows are zeros; ValueNone where all count.
    | Rows of A: torch.Tensor * shown: torch.Tensor voption
    /// Rows that are one at `index` [n; R] and zero elsewhere, of length `count`: an embedding's. The index `count`
    /// itself stands for a row of zeros: padding.
    | Indices of index: torch.Tensor * count: int64

/// Products with activations that never write out what is known to be zero.
/// Results belong to the caller, and may share memory with their arguments where nothing is computed.
[<RequireQualifiedAccess>]
module Activations =

    /// Rows A [g; n; R; d_in] whose positions all count.
    let rows (A: torch.Tensor) = Activations.Rows(A, ValueNone)

    /// The number of data points n.
    let dataPoints activations =
        match activations with
        | Activations.Rows(A, _) -> A.size 1
        | Activations.Indices(index, _) -> index.size 0

    /// The number of positions R.
    let positions activations =
        match activations with
        | Activations.Rows(A, _) -> A.size 2
        | Activations.Indices(index, _) -> index.size 1

    /// The number of groups g.
    let groups activations =
        match activations with
        | Activations.Rows(A, _) -> A.size 0
        | Activations.Indices _ -> 1L

    /// The length d_in of a row.
    let width activations =
        match activations with
        | Activations.Rows(A, _) -> A.size 3
        | Activations.Indices(_, count) -> count

    /// The tensors held: A and what is shown of it, or the indices.
    let tensors activations =
        match activations with
        | Activations.Rows(A, shown) -> A :: ValueOption.toList shown
        | Activations.Indices(index, _) -> [ index ]

    /// The activations with `change` applied to each tensor held.
    /// The result holds what `change` returns; a count stays.
    let map (change: torch.Tensor -> torch.Tensor) activations =
        match activations with
        | Activations.Rows(A, shown) -> Activations.Rows(change A, ValueOption.map change shown)
        | Activations.Indices(index, count) -> Activations.Indices(change index, count)

    /// Converts A to another type; indices stay whole numbers.
    /// The result belongs to the caller; where nothing is converted it shares the argument's memory.
    let ofType (kind: torch.ScalarType) (activations: Activations) =
        if activations.IsRows then activations |> map _.``to``(kind) else activations

    /// A with the one-hot rows written out, in the type `kind`; padding has rows of zeros.
    /// Shapes: -> [g; n; R; d_in].
    /// The result belongs to the caller; rows that have the type already share the argument's memory.
    let dense (kind: torch.ScalarType) activations =
        match activations with
        | Activations.Rows(A, _) -> A.``to`` kind
        | Activations.Indices(index, count) ->
            Scope.tensor (fun () ->
                let columns = torch.arange (count, device = index.device)
                index.unsqueeze(-1L).eq(columns).``to``(kind).unsqueeze 0)

    /// `change` along the data points: of a tensor, and the dimension in which it has them.
    let private onPoints (change: torch.Tensor -> int64 -> torch.Tensor) activations =
        match activations with
        | Activations.Rows(A, shown) ->
            Activations.Rows(change A 1L, shown |> ValueOption.map (fun shown -> change shown 0L))
        | Activations.Indices(index, width) -> Activations.Indices(change index 0L, width)

    /// The data points `start` .. `start + count - 1`, n = count of them.
    /// The result belongs to the caller and is a view: it shares the argument's memory.
    let points (start: int64) (count: int64) activations =
        activations |> onPoints (fun tensor dimension -> tensor.narrow (dimension, start, count))

    /// The data points with these numbers.
    /// Shapes: numbers [n], whole numbers.
    /// The result belongs to the caller.
    let internal chosen (numbers: torch.Tensor) (activations: Activations) =
        activations |> onPoints (fun tensor dimension -> tensor.index_select (dimension, numbers))

    /// Rows of which only the positions of a mask count; the others become zeros.
    /// Shapes: mask [n; R], of truth values.
    /// The result belongs to the caller.
    let internal masked (mask: torch.Tensor) activations =
        match activations with
        | Activations.Rows(A, _) ->
            let shown = mask.``to`` A.dtype
            Activations.Rows(A * shown.unsqueeze -1L, ValueSome shown)
        | Activations.Indices _ -> activations

    /// How many rows that are: n R, or the positions that count, one at least, which are read from the device.
    let internal rowCount activations =
        match activations with
        | Activations.Rows(_, ValueSome shown) -> max 1.0 (Scope.value (fun () -> Numbers.number (shown.sum ())))
        | _ -> float (dataPoints activations) * float (positions activations)

    /// The share of the positions that count, one without a mask.
    let internal fill activations =
        rowCount activations / (float (dataPoints activations) * float (positions activations))

    /// What is shown of several sets of rows, where something is padding in one of them.
    let private joinShown (parts: Activations array) (dimension: int64) =
        let shown part =
            match part with
            | Activations.Rows(_, ValueSome shown) -> shown
            | Activations.Rows(A, ValueNone) -> torch.ones (A.size 1, A.size 2, dtype = A.dtype, device = A.device)
            | Activations.Indices(index, _) -> index
        let isMasked part =
            match part with
            | Activations.Rows(_, shown) -> shown.IsSome
            | Activations.Indices _ -> false
        if Array.exists isMasked parts then
            ValueSome(torch.cat (Array.map shown parts, dimension))
        else
            ValueNone

    /// Several sets of positions of the same data points, side by side: R is the sum.
    /// Shapes: [g; n; R_1; d_in], [g; n; R_2; d_in] ... -> [g; n; R_1 + R_2 ...; d_in], or indices [n; R_1] ...
    /// likewise.
    /// The sets must be of one kind and one at least. The result belongs to the caller; of one set it is that set
    /// itself.
    let joinPositions (parts: Activations array) =
        let tensors = parts |> Array.map (tensors >> List.head)
        match parts[0] with
        | _ when parts.Length = 1 -> parts[0]
        | Activations.Rows _ -> Activations.Rows(torch.cat (tensors, 2L), joinShown parts 1L)
        | Activations.Indices(_, count) -> Activations.Indices(torch.cat (tensors, 1L), count)

    /// Several sets of data points, one below the other: n is the sum.
    /// Shapes: [g; n_1; R; d_in], [g; n_2; R; d_in] ... -> [g; n_1 + n_2 ...; R; d_in], or indices [n_1; R] ...
    /// likewise.
    /// The sets must be of one kind and one at least. The result belongs to the caller; of one set it is that set
    /// itself.
    let joinDataPoints (parts: Activations array) =
        let tensors = parts |> Array.map (tensors >> List.head)
        match parts[0] with
        | _ when parts.Length = 1 -> parts[0]
        | Activations.Rows _ -> Activations.Rows(torch.cat (tensors, 1L), joinShown parts 0L)
        | Activations.Indices(_, count) -> Activations.Indices(torch.cat (tensors, 0L), count)

    /// |a_ir|^2 in the type `kind`; 1 for an index, and 0 for padding.
    /// Shapes: -> [g; n; R].
    /// The result belongs to the caller.
    let squaredNorms (kind: torch.ScalarType) activations =
        Scope.tensor (fun () ->
            match activations with
            | Activations.Rows(A, _) -> (A.``to`` kind).square().sum 3L
            | Activations.Indices(index, count) -> index.lt(count.ToScalar()).``to``(kind).unsqueeze 0)

    /// a_ir . a'_js for all pairs of rows of two sets, in the type `kind`; of indices 1 where they are equal and no
    /// padding.
    /// Shapes: X, Y of n, R and of n', R' -> [g; n R; n' R'].
    /// The result belongs to the caller.
    /// (MATH 3)
    let gram (X: Activations) (Y: Activations) (kind: torch.ScalarType) =
        Scope.tensor (fun () ->
            match X, Y with
            | Activations.Indices(x, count), Activations.Indices(y, _) ->
                let unlikePadding = x.masked_fill (x.eq (count.ToScalar()), (-1L).ToScalar())
                unlikePadding.reshape(-1L, 1L).eq(y.reshape (1L, -1L)).``to``(kind).unsqueeze 0
            | _ ->
                let rows activations = (dense kind activations).flatten(1L, 2L)
                Products.batched (rows X) ((rows Y).transpose(1L, 2L)))

    /// A V^T, the outputs of a layer with weight V, in the type of V and A.
    /// Shapes: V [g; k; d_in] -> [g; n; R; k].
    /// The result belongs to the caller.
    let times (V: torch.Tensor) activations =
        Scope.tensor (fun () ->
            match activations with
            | Activations.Rows(A, _) ->
                // One product of all rows a group: broadcasting V over data points would be one for each.
                let outputs = Products.batched (A.flatten (1L, 2L)) (V.transpose (1L, 2L))
                outputs.view (outputs.size 0, A.size 1, A.size 2, -1L)
            | Activations.Indices(index, count) ->
                let found = index.clamp_max ((count - 1L).ToScalar())
                let padding = index.ge(count.ToScalar()).unsqueeze -1L
                let rows = V.squeeze(0L).t().index [| found |]
                rows.masked_fill(padding, 0.0.ToScalar()).unsqueeze 0)

    /// sum_ir e_ir a_ir^T, the summed gradient, not divided by n, in the type of E and A.
    /// Shapes: E [g; n; R; k] -> [g; k; d_in].
    /// The result belongs to the caller.
    /// (MATH 1)
    let gradient (E: torch.Tensor) activations =
        Scope.tensor (fun () ->
            let rows = E.flatten (1L, 2L)
            match activations with
            | Activations.Rows(A, _) -> Products.batched (rows.transpose (1L, 2L)) (A.flatten (1L, 2L))
            | Activations.Indices(index, count) ->
                let sums = torch.zeros (count + 1L, E.size 3, dtype = E.dtype, device = E.device)
                let all = sums.index_add (0L, index.flatten (), rows.squeeze 0L, 1.0.ToScalar())
                all.narrow(0L, 0L, count).t().unsqueeze 0)

/// Errors with the columns of a data point apart, E [g; c; n; R; k]. Piece by piece, so that temporaries stay in a
/// processor's cache: all at once they would leave it, and memory that is fresh each time costs more than the sums.
[<RequireQualifiedAccess>]
module internal ErrorColumns =

    /// E [g; c n; R; k] with its columns and data points apart, [g; c; n; R; k].
    let apart (activations: Activations) (E: torch.Tensor) =
        let n = Activations.dataPoints activations
        E.view (E.size 0, E.size 1 / n, n, E.size 2, E.size 3)

    /// The bytes of a temporary.
    let private piece = 1L <<< 20

    /// sum_r e_cir . z_ir, all columns of some data points at a time.
    /// Shapes: Z [g; n; R; k] -> [c n].
    let inner (E: torch.Tensor) (Z: torch.Tensor) =
        let n = E.size 2
        let most = piece * n / (E.numel () * E.ElementSize)
        let ofPoints (struct (start, count)) =
            Scope.tensor (fun () ->
                (E.narrow (2L, start, count) * Z.narrow(1L, start, count).unsqueeze 1L).sum([| 0L; 3L; 4L |]))
        torch.cat(Runs.ofAtMost most n |> Seq.map ofPoints |> Seq.toArray, 1L).flatten()

    /// sum_c w_ci e_cir, column by column.
    /// Shapes: w [c n] -> [g; n; R; k].
    let combination (E: torch.Tensor) (w: torch.Tensor) =
        let w = w.view (E.size 1, 1L, E.size 2, 1L, 1L)
        let sum = E.select (1L, 0L) * w.select (0L, 0L)
        for c in 1L .. E.size 1 - 1L do
            sum.addcmul_ (E.select (1L, c), w.select (0L, c), 1.0.ToScalar()) |> ignore
        sum

namespace Foof

open TorchSharp

/// The per-example gradients g_j of one layer, j = 1 .. m, as columns that need not be written out.
[<RequireQualifiedAccess; ReferenceEquality>]
type LayerFactor =
    /// g_(c,i) = vec(sum_r e_(c,i)r a_ir^T): the activations of n data points and E [g; c n; R; d_out/g], c-major, so
    /// that the columns of a data point share its activations.
    | Product of activations: Activations * E: torch.Tensor
    /// The gradients themselves, P [m; d_out; d_in].
    | Columns of P: torch.Tensor
    /// The gradients of another factor, multiplied element by element by S [d_out; d_in].
    | Weighted of factor: LayerFactor * S: torch.Tensor

/// How the inner products of gradients that sum over positions are found.
[<RequireQualifiedAccess>]
type GramRoute =
    /// K_ij = sum_rs (a_ir . a_js)(e_ir . e_js), R^2 (d_in + d_out) products a pair.
    | Pairs
    /// K_ij = <P_i, P_j> of the gradients written out in chunks, d_in d_out products a pair.
    | Explicit

/// Products with the columns of one layer, none divided by n: what a column counts is known to its Fisher factor.
/// Results belong to the caller; numbers are in the factor's type unless a type is named. Shapes and types of arguments
/// are not checked here: `FisherFactor` does.
[<RequireQualifiedAccess>]
module LayerFactor =

    /// The most bytes that a temporary of gradients or of inner products may take.
    let internal budget = 256L <<< 20

    /// The tensors held, for their owner to free; a factor does not own them.
    let rec tensors factor =
        match factor with
        | LayerFactor.Product(activations, E) -> E :: Activations.tensors activations
        | LayerFactor.Columns P -> [ P ]
        | LayerFactor.Weighted(inner, S) -> S :: tensors inner

    /// The number of columns m.
    let rec columns factor =
        match factor with
        | LayerFactor.Product(_, E) -> E.size 1
        | LayerFactor.Columns P -> P.size 0
        | LayerFactor.Weighted(inner, _) -> columns inner

    /// The shape [d_out; d_in] of a gradient.
    let rec shape factor =
        match factor with
        | LayerFactor.Product(activations, E) -> [| E.size 0 * E.size 3; Activations.width activations |]
        | LayerFactor.Columns P -> [| P.size 1; P.size 2 |]
        | LayerFactor.Weighted(inner, _) -> shape inner

    /// The gradients times S [d_out; d_in], element by element, or times one number for S [1; 1].
    /// It shares the factor's tensors and S; errors that one number has scaled are new and belong to the caller.
    let weighted factor (S: torch.Tensor) =
        match factor with
        | LayerFactor.Product(activations, E) when S.numel () = 1L ->
            LayerFactor.Product(activations, Scope.tensor (fun () -> E * S.reshape 1L))
        | _ -> LayerFactor.Weighted(factor, S)

    /// The number of positions R.
    let rec positions factor =
        match factor with
        | LayerFactor.Product(activations, _) -> Activations.positions activations
        | LayerFactor.Columns _ -> 1L
        | LayerFactor.Weighted(inner, _) -> positions inner

    /// Raises an ArgumentException, about `name`, unless the tensors' shapes and types fit one another.
    let rec check (name: string) factor =
        match factor with
        | LayerFactor.Product(activations, E) ->
            let g, n = Activations.groups activations, Activations.dataPoints activations
            let R = Activations.positions activations
            if n = 0L || E.dim () <> 4L || E.size 0 <> g || E.size 2 <> R || E.size 1 % n <> 0L then
                invalidArg
                    name
                    ($"{name}: the errors must be [{g}; c n; {R}; d_out/g], n = {n}, like the activations, "
                     + "columns of a data point stacked in front of n and calls side by side along R; "
                     + $"got [{Shape.text E.shape}].")
            for A in Activations.tensors activations do
                if A.is_floating_point () then Require.alike name E A
        | LayerFactor.Columns P ->
            if P.dim () <> 3L then
                invalidArg name $"{name}: gradients must be [m; d_out; d_in]; got [{Shape.text P.shape}]."
        | LayerFactor.Weighted(inner, S) ->
            check name inner
            Require.alike name (tensors inner).Head S
            if S.numel () <> 1L && S.shape <> shape inner then
                invalidArg
                    name
                    ($"{name}: weights must be [{Shape.text (shape inner)}] like the layer, or [1; 1]; "
                     + $"got [{Shape.text S.shape}].")

    /// The cheaper route by shape: `Pairs` for R = 1 or R^2 (d_in + d_out/g) < d_in d_out/g; `Explicit` otherwise and
    /// for gradients that are written out.
    /// (MATH 3)
    let route factor =
        match factor with
        | LayerFactor.Product(activations, E) ->
            let R, d_in, d_out = Activations.positions activations, Activations.width activations, E.size 3
            if R = 1L || R * R * (d_in + d_out) < d_in * d_out then GramRoute.Pairs else GramRoute.Explicit
        | LayerFactor.Columns _
        | LayerFactor.Weighted _ -> GramRoute.Explicit

    /// Runs of columns and what they are, written out: [count; d_out; d_in].
    let rec private writtenRuns (kind: torch.ScalarType) (most: int64) factor : seq<struct (int64 * torch.Tensor)> =
        match factor with
        | LayerFactor.Columns P ->
            Runs.ofAtMost most (P.size 0)
            |> Seq.map (fun struct (start, count) -> struct (start, P.narrow(0L, start, count).``to`` kind))
        | LayerFactor.Weighted(inner, S) ->
            writtenRuns kind most inner |> Seq.map (fun struct (start, P) -> struct (start, P * S.``to`` kind))
        | LayerFactor.Product(activations, E) ->
            let n = Activations.dataPoints activations
            seq {
                for first in 0L .. n .. E.size 1 - 1L do
                    for struct (start, count) in Runs.ofAtMost most n do
                        let rows = activations |> Activations.points start count |> Activations.dense kind
                        let errors = E.narrow(1L, first + start, count).``to`` kind
                        let P = Products.batched (errors.transpose (2L, 3L)) rows
                        struct (first + start, P.transpose(0L, 1L).reshape(count, -1L, rows.size 3))
            }

    /// `forEachWritten` with chunks of at most so many bytes, but of one column at least.
    let internal forEachWrittenWithin
        (bytes: int64)
        (kind: torch.ScalarType)
        factor
        (action: int64 -> torch.Tensor -> unit)
        =
        let most = bytes / (8L * Array.fold (*) 1L (shape factor))
        use runs = (writtenRuns kind most factor).GetEnumerator()
        let next () =
            use _scope = torch.NewDisposeScope()
            runs.MoveNext()
            && (let struct (start, P) = runs.Current
                action start P
                true)
        while next () do
            ()

    /// Runs `action` on the columns written out, chunk by chunk within the budget: the first one's index, and P [count;
    /// d_out; d_in] in the type `kind`, which is freed afterwards.
    let forEachWritten (kind: torch.ScalarType) factor (action: int64 -> torch.Tensor -> unit) =
        forEachWrittenWithin budget kind factor action

    /// All columns written out.
    /// Shapes: -> P [m; d_out; d_in], in the type `kind`; it is a copy and belongs to the caller.
    let written (kind: torch.ScalarType) factor =
        Scope.tensor (fun () ->
            let parts = writtenRuns kind (columns factor) factor |> Seq.map (fun struct (_, P) -> P) |> Seq.toArray
            torch.cat (parts, 0L))

    let private gramOfWritten most x y (K: torch.Tensor) =
        forEachWrittenWithin most K.dtype x (fun i P ->
            let P = P.flatten 1L
            forEachWrittenWithin most K.dtype y (fun j P' ->
                let block = K.narrow(0L, i, P.size 0).narrow(1L, j, P'.size 0)
                block.add_ (P.mm (P'.flatten(1L).t())) |> ignore))

    /// `addGramBy` with temporaries of at most so many bytes, but for one column at least.
    let internal addGramWithin (most: int64) route x y (K: torch.Tensor) =
        Scope.value (fun () ->
            match route, x, y with
            | GramRoute.Pairs, LayerFactor.Product(a, E), LayerFactor.Product(a', E') -> Gram.add most a E a' E' K
            | _ -> gramOfWritten most x y K)

    /// K <- K + [g_i . g'_j], in place, by a route, in K's type; `Pairs` is for products only, other gradients are
    /// written out.
    /// Shapes: K [m; m'], in one piece.
    /// (MATH 3)
    let addGramBy route x y (K: torch.Tensor) = addGramWithin budget route x y K

    /// K <- K + [g_i . g'_j], in place, by the cheaper route, in K's type.
    /// Shapes: K [m; m'], in one piece.
    /// (MATH 3)
    let addGram x y (K: torch.Tensor) = addGramBy (route x) x y K

    // One vector alone comes without the dimension k: views of small tensors cost as much as products.
    let rec private innerProducts (V: torch.Tensor) factor : torch.Tensor =
        match factor with
        | LayerFactor.Columns P ->
            let P = P.flatten 1L
            P.mm (V.reshape(-1L, P.size 1).t())
        | LayerFactor.Weighted(inner, S) -> innerProducts (V * S) inner
        | LayerFactor.Product(activations, E) ->
            activations |> Activations.times (StackedErrors.rows (E.size 0) V) |> StackedErrors.inner activations E

    /// g_j . v_s for every column and vector.
    /// Shapes: V [k; d_out; d_in] -> [m; k], which belongs to the caller.
    /// (MATH 3)
    let transposeTimesAll (V: torch.Tensor) factor =
        Scope.tensor (fun () -> (innerProducts V factor).view(-1L, V.size 0))

    /// g_j . v for every column.
    /// Shapes: v [d_out; d_in] -> [m], which belongs to the caller.
    /// (Benzing 2022, eq. 22; MATH 3)
    let transposeTimes (v: torch.Tensor) factor = Scope.tensor (fun () -> (innerProducts v factor).flatten())

    let rec private combinations (k: int64) (w: torch.Tensor) factor : torch.Tensor =
        match factor with
        | LayerFactor.Columns P -> w.reshape(-1L, k).t().mm(P.flatten 1L).view(k, P.size 1, P.size 2)
        | LayerFactor.Weighted(inner, S) -> (combinations k w inner).mul_ S
        | LayerFactor.Product(activations, E) ->
            activations |> Activations.gradient (StackedErrors.weighed k activations E w) |> StackedErrors.vectors k

    /// sum_j w_j g_j.
    /// Shapes: w [m] -> [d_out; d_in], which belongs to the caller.
    /// (Benzing 2022, eq. 23; MATH 3)
    let times (w: torch.Tensor) factor = Scope.tensor (fun () -> (combinations 1L w factor).squeeze 0L)

    /// target_s <- target_s + sum_j w_js g_j, in place.
    /// Shapes: w [m; k], target [k; d_out; d_in], in one piece.
    /// (Benzing 2022, eq. 23; MATH 3)
    let addTimesAll (w: torch.Tensor) factor (target: torch.Tensor) =
        let k = target.size 0
        Scope.value (fun () ->
            match factor with
            // Into the target itself: the sums would be as many numbers once more.
            | LayerFactor.Product(Activations.Rows(A, _) as activations, E) when A.size 0 = 1L ->
                let errors = (StackedErrors.weighed k activations E w).flatten(0L, 2L)
                target.view(-1L, target.size 2).addmm_(errors.t (), A.flatten (0L, 2L)) |> ignore
            | _ -> target.add_ (combinations k w factor) |> ignore)

    /// The gradients in other bases, Q_E^T P_j Q_A; a side whose basis is ValueNone stays.
    /// Shapes: Q_E [g; d_out/g; d_out/g], Q_A [g; d_in; d_in] -> the factor's own.
    let internal rotated (Q_E: torch.Tensor voption) (Q_A: torch.Tensor voption) factor =
        match factor with
        | LayerFactor.Product(activations, E) ->
            let inputs =
                match Q_A with
                | ValueSome Q -> Activations.rows (Activations.times (Q.transpose (1L, 2L)) activations)
                | ValueNone -> activations
            let errors =
                match Q_E with
                // One product of all rows a group: broadcasting Q over the columns would be one for each.
                | ValueSome Q -> (Products.batched (E.flatten (1L, 2L)) Q).view E.shape
                | ValueNone -> E
            LayerFactor.Product(inputs, errors)
        | _ -> invalidArg (nameof factor) "Only gradients as products of activations and errors can be rotated."

    let private normsOfWritten factor =
        let like = (tensors factor).Head
        let norms = torch.zeros (columns factor, dtype = like.dtype, device = like.device)
        forEachWritten norms.dtype factor (fun start P ->
            norms.narrow(0L, start, P.size 0).copy_(P.square().sum [| 1L; 2L |]) |> ignore)
        norms

    /// |g_j|^2 for every column.
    /// Shapes: -> [m], which belongs to the caller.
    /// (MATH 3)
    let squaredNorms factor =
        Scope.tensor (fun () ->
            match factor with
            | LayerFactor.Product(activations, E) when E.size 2 = 1L ->
                let errors = (ErrorColumns.apart activations E).square().sum 4L
                let inputs = Activations.squaredNorms E.dtype activations
                (errors * inputs.unsqueeze 1L).sum([| 0L; 3L |]).flatten()
            | _ -> normsOfWritten factor)

    let private diagonalOfWritten (w: torch.Tensor) factor =
        let sum = torch.zeros (shape factor, dtype = w.dtype, device = w.device)
        forEachWritten w.dtype factor (fun start P ->
            sum.add_ ((P.square () * w.narrow(0L, start, P.size 0).view(-1L, 1L, 1L)).sum 0L) |> ignore)
        sum

    /// sum_j w_j g_j o g_j.
    /// Shapes: w [m] -> [d_out; d_in], which belongs to the caller.
    /// (MATH 3)
    let diagonal (w: torch.Tensor) factor =
        Scope.tensor (fun () ->
            match factor with
            | LayerFactor.Product(Activations.Indices _ as activations, E) when E.size 2 = 1L ->
                times w (LayerFactor.Product(activations, E.square ()))
            | LayerFactor.Product(Activations.Rows(A, _), E) when E.size 2 = 1L ->
                times w (LayerFactor.Product(Activations.rows (A.square ()), E.square ()))
            | _ -> diagonalOfWritten w factor)

/// Work of several layers side by side: the same results, owners and errors as one after another.
[<Seeded>]
module Foof.Core.Tests.LanesTests

open System
open System.Threading
open Foof
open TorchSharp
open Xunit

/// Enough arithmetic for lanes.
let much = 1e9

/// Runs `action` while libtorch has `count` threads.
let withThreads (count: int) (action: unit -> 'T) =
    let before = torch.get_num_threads ()
    torch.set_num_threads count

    try
        action ()
    finally
        torch.set_num_threads before

/// The name of the thread that it runs on, null on the tests' own.
let lane () = Thread.CurrentThread.Name

let matrices count = [| for _ in 1..count -> Networks.normal [ 5; 5 ] |]

let squares work (items: torch.Tensor array) =
    items
    |> Lanes.map (fun _ -> work) (fun (struct (result, _, _)) -> [ result ]) (fun (X: torch.Tensor) ->
        let result = X.mm (X.t ()) + 1.0
        struct (result, lane (), torch.is_grad_enabled ()))

[<Fact>]
let ``two lanes give what one thread gives, in order, in the caller's scope`` () =
    use _scope = torch.NewDisposeScope()
    let items = matrices 7

    let live =
        Oracle.leaked (fun () ->
            use _inner = torch.NewDisposeScope()
            let found = withThreads 2 (fun () -> squares much items)

            for X, struct (result, lane, grad) in Array.zip items found do
                Oracle.agrees 0.0 (Oracle.values (X.mm (X.t ()) + 1.0)) (Oracle.values result)
                Assert.StartsWith("Foof layers", lane)
                Assert.False grad)

    Assert.Equal(0L, live)

[<Fact>]
let ``little work, one thread, few, uneven or very large items stay on the caller's thread`` () =
    use _scope = torch.NewDisposeScope()

    let isAlone threads (work: float list) =
        let items = List.toArray work

        withThreads threads (fun () -> items |> Lanes.map id (fun _ -> []) (fun _ -> lane ()))
        |> Array.forall (fun name -> isNull name || not (name.StartsWith "Foof layers"))

    Assert.False(isAlone 2 [ much; much ])
    Assert.True(isAlone 2 [ 1.0; 1.0 ])
    Assert.True(isAlone 1 [ much; much ])
    Assert.True(isAlone 2 [ much ])
    Assert.True(isAlone 2 [])
    // The second lane would wait for the first one most of the time.
    Assert.True(isAlone 2 [ much; 0.5 * much ])
    Assert.True(isAlone 3 [ much; much ])
    // Two at once would take twice the memory.
    Assert.True(isAlone 2 [ 100.0 * much; 100.0 * much ])

[<Fact>]
let ``arithmetic counts on the processor alone`` () =
    use _scope = torch.NewDisposeScope()
    Assert.Equal(3.0, Lanes.countedOn (torch.zeros 2L) 3.0)
    Assert.Equal(0.0, Lanes.countedOn (torch.zeros (2L, device = torch.device "meta")) 3.0)

[<Fact>]
let ``the first item's error is raised when all have ended, and nothing is left behind`` () =
    let ended = ref 0

    let compute i =
        let made = torch.ones 3L
        Interlocked.Increment ended |> ignore

        match i with
        | 1 -> raise (NumericalFailure("no inverse", "layer 1", "raise the damping"))
        | 3 -> invalidOp "another error"
        | _ -> made

    let live =
        Oracle.leaked (fun () ->
            let error =
                Oracle.raises<NumericalFailure>(fun () ->
                    withThreads 2 (fun () ->
                        [| 0..5 |] |> Lanes.map (fun _ -> much) List.singleton compute |> ignore))

            Assert.Contains("layer 1", error.Message))

    Assert.Equal(6, ended.Value)
    Assert.Equal(0L, live)

[<Fact>]
let ``items that are begun in turn are begun in order, and what they do is done on all lanes`` () =
    let run threads work =
        withThreads threads (fun () ->
            let begun, sums =
                Collections.Generic.List<int>(), Collections.Concurrent.ConcurrentDictionary()

            let enter i =
                // Another item would come in between here.
                Thread.Sleep 1
                begun.Add i
                torch.full (3L, float i)

            let compute (entered: torch.Tensor) =
                let sum = entered.sum().item<float32>()
                // So that the other lane has its share.
                Thread.Sleep 2
                sums[sum] <- struct (lane (), torch.is_grad_enabled ())

            let live =
                Oracle.leaked (fun () -> [| 0..9 |] |> Lanes.iterInTurn (fun _ -> work) enter compute)

            Assert.Equal(0L, live)
            Assert.Equal<int>([| 0..9 |], begun)
            Assert.Equal<float32>([| for i in 0..9 -> 3.0f * float32 i |], sums.Keys |> Seq.sort)

            sums.Values
            |> Seq.map (fun struct (lane, _) -> lane)
            |> Seq.distinct
            |> Seq.toArray)

    let lanes = run 2 much
    Assert.Equal(2, lanes.Length)
    Assert.All(lanes, fun lane -> Assert.StartsWith("Foof layers", lane))
    Assert.DoesNotContain("Foof layers", string (Assert.Single(run 1 much)))
    Assert.DoesNotContain("Foof layers", string (Assert.Single(run 2 1.0)))
    // Items write into memory that is there already, so large ones take lanes as well.
    Assert.Equal(2, (run 2 (100.0 * much)).Length)

[<Fact>]
let ``an error at an item's beginning holds up no other, and is raised when all have ended`` () =
    let ended = ref 0

    let enter i =
        if i = 2 || i = 4 then
            raise (NumericalFailure($"no numbers for {i}", "a sample", "try again"))

        torch.ones 3L

    let compute _ = Interlocked.Increment ended |> ignore

    let live =
        Oracle.leaked (fun () ->
            let error =
                Oracle.raises<NumericalFailure>(fun () ->
                    withThreads 2 (fun () -> [| 0..5 |] |> Lanes.iterInTurn (fun _ -> much) enter compute))

            Assert.Contains("no numbers for 2", error.Message))

    Assert.Equal(4, ended.Value)
    Assert.Equal(0L, live)

[<Fact>]
let ``work within a lane, and of two callers at once, is done alone`` () =
    let nested () =
        [| 1.0; 2.0 |]
        |> Lanes.map (fun _ -> much) (fun _ -> []) (fun x ->
            [| x; x |] |> Lanes.map (fun _ -> much) (fun _ -> []) ((+) 1.0) |> Array.sum)

    withThreads 2 (fun () -> Assert.Equal<float array>([| 4.0; 6.0 |], nested ()))

    withThreads 2 (fun () ->
        let callers = [|
            for _ in 1..4 ->
                Tasks.Task.Run(fun () ->
                    for _ in 1..50 do
                        Assert.Equal<float array>([| 4.0; 6.0 |], nested ()))
        |]

        Tasks.Task.WaitAll callers)

[<Fact>]
let ``work beside the steps has one thread, whatever the process has`` () =
    withThreads 2 (fun () ->
        let threads =
            Background.run (fun () ->
                let X = torch.ones (300L, 300L)
                X.mm(X).sum().item<float32>() |> ignore
                torch.get_num_threads ())

        Assert.Equal(1, threads.Result)
        Assert.Equal(2, torch.get_num_threads ()))

/// Weights after some steps of a network whose three large inverses are made side by side where there are two threads.
let trained (recipe: Recipe) threads =
    withThreads threads (fun () ->
        Networks.fromSeed 5 (fun () ->
            use _scope = torch.NewDisposeScope()
            let model = Networks.perceptron true [ 400; 420; 440; 2 ]
            use optimizer = Networks.optimizer model recipe 0.05 0.9 0.0
            Networks.byStep optimizer (Networks.batches 6 4 400 2)
            Networks.weights model))

[<Fact>]
let ``training with lanes repeats to the bit and agrees with training without`` () =
    for recipe in [ Networks.someSteps; Networks.everyStep ] do
        let first = trained recipe 2
        Assert.Equal<float array>(first, trained recipe 2)
        Oracle.agrees 1e-9 (trained recipe 1) first

/// Of few rows most directions have no curvature, and any basis of these is an eigenbasis: one thread may find another.
[<Fact>]
let ``training in eigenbases that are found side by side repeats to the bit`` () =
    let recipe = {
        Methods.ekfac with
            Damping = 0.1
            Cadence = Networks.someSteps.Cadence
    }

    Assert.Equal<float array>(trained recipe 2, trained recipe 2)

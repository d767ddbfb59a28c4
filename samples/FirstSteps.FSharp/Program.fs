open Foof
open TorchSharp

// An ordinary TorchSharp loop with another optimiser in it: any model of linear and convolutional layers will do.
torch.manual_seed 1L |> ignore
let inputs = torch.randn (1000L, 20L)

let labels =
    (inputs.mm (torch.randn (20L, 20L)) * inputs).sum(1L).gt(0.0.ToScalar()).``to`` torch.int64

let model =
    torch.nn.Sequential(torch.nn.Linear(20L, 100L), torch.nn.ReLU(), torch.nn.Linear(100L, 2L))

let recipe = { Methods.foof with Damping = 0.1 }
let optimizer = new Optimizer(model, recipe, Likelihood.Categorical, 0.1, 0.9, 0.0)

for epoch in 1..20 do
    for start in 0L..50L..950L do
        use _scope = torch.NewDisposeScope()
        optimizer.zero_grad ()
        let output = model.call (inputs.narrow (0L, start, 50L))

        let loss =
            torch.nn.functional.cross_entropy (output, labels.narrow (0L, start, 50L))

        loss.backward ()
        optimizer.step () |> ignore

    use _scope = torch.NewDisposeScope()
    let accuracy = model.call(inputs).argmax(1L).eq(labels).``to``(torch.float32).mean()
    printfn "epoch %d: accuracy %.3f" epoch (accuracy.item<float32>())

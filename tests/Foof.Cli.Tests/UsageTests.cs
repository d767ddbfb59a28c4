using Foof.Cli.Models;

namespace Foof.Cli.Tests;

public class UsageTests
{
    [Theory]
    [InlineData(
        "trian",
        "Unknown command 'trian'; the nearest is train; available: train, compare, continual, info, bench, laplace, reproduce, validate, completion."
    )]
    [InlineData(
        "step",
        "Unknown command 'step'; available: train, compare, continual, info, bench, laplace, reproduce, validate, completion."
    )]
    [InlineData("bench", "foof bench needs a command: step, gram, laplace.")]
    [InlineData("bench step --rounds 0", "--rounds must be a whole number from 1 to 2147483647; got '0'.")]
    [InlineData("bench stepp", "Unknown command 'stepp'; the nearest is step; available: step, gram, laplace.")]
    [InlineData("train --epoch 3", "Unknown option '--epoch'; the nearest is --epochs (foof train --help lists all).")]
    [InlineData("train --wibble", "Unknown option '--wibble' (foof train --help lists all).")]
    [InlineData("train now", "Unexpected 'now': foof train takes only options.")]
    [InlineData(
        "compare --optimizers foof,adm",
        "--optimizers must be some of {methods}, sgd, nesterov, adam, adamw, separated by commas; got 'adm'; the nearest is adam."
    )]
    [InlineData("compare --optimizers sgd,sgd", "--optimizers must name each once; got sgd twice.")]
    [InlineData(
        "compare --learning-rate 0.1,x",
        "--learning-rate must be positive numbers separated by commas; got 'x'."
    )]
    [InlineData("compare --damping 0.1,,1", "--damping must be positive numbers separated by commas; got ''.")]
    [InlineData("compare --learning-rate 1,1.0", "--learning-rate must name each once; got 1 twice.")]
    [InlineData(
        "compare --optimizer foof",
        "Unknown option '--optimizer'; the nearest is --optimizers (foof compare --help lists all)."
    )]
    [InlineData("train --report", "--report needs a value: FILE.html.")]
    [InlineData("train --epochs", "--epochs needs a value: n.")]
    [InlineData("train --epochs 0", "--epochs must be a whole number from 1 to 2147483647; got '0'.")]
    [InlineData("train --epochs 2.5", "--epochs must be a whole number from 1 to 2147483647; got '2.5'.")]
    [InlineData("train --batch-size -4", "--batch-size must be a whole number from 1 to 2147483647; got '-4'.")]
    [InlineData("laplace --device cdua", "--device must be cpu, cuda or cuda:N; got 'cdua'.")]
    [InlineData("bench laplace --device cuda:x", "--device must be cpu, cuda or cuda:N; got 'cuda:x'.")]
    [InlineData("train --subset 0", "--subset must be a whole number from 1 to 2147483647; got '0'.")]
    [InlineData("train --out=", "--out needs a value: DIR.")]
    [InlineData("train --epochs 1 --epochs 2", "--epochs must be given once; it was given 2 times.")]
    [InlineData("train --invert-every 0", "--invert-every must be a whole number from 1 to 2147483647; got '0'.")]
    [InlineData("train --learning-rate 0", "--learning-rate must be a positive number; got '0'.")]
    [InlineData("train --learning-rate NaN", "--learning-rate must be a positive number; got 'NaN'.")]
    [InlineData("train --learning-rate 0,1", "--learning-rate must be a positive number; got '0,1'.")]
    [InlineData("train --damping -1", "--damping must be a positive number; got '-1'.")]
    [InlineData("train --damping 1e999", "--damping must be a positive number; got '1e999'.")]
    [InlineData("train --momentum 1", "--momentum must be a number from 0 to below 1; got '1'.")]
    [InlineData("train --weight-decay -1", "--weight-decay must be a number of at least 0; got '-1'.")]
    [InlineData("train --seed x", "--seed must be a whole number; got 'x'.")]
    [InlineData("train --model mpl", "--model must be one of {models}; got 'mpl'; the nearest is mlp.")]
    [InlineData("train --model resnet", "--model must be one of {models}; got 'resnet'; the nearest is resnet18.")]
    [InlineData(
        "train --model encoder",
        "--model must be one of {models}; " + "got 'encoder'; the nearest is autoencoder."
    )]
    [InlineData(
        "train --optimizer adm",
        "--optimizer must be one of {methods}, sgd, nesterov, adam, adamw; got 'adm'; the nearest is adam."
    )]
    [InlineData("train --depth 3", "--depth is for --model wrn, vit, gnn; got --model mlp: leave it out.")]
    [InlineData(
        "train --model wrn --depth 12",
        "--depth of wrn must be 6k + 4, such as 10, 16 or 28, up to 100; got 12."
    )]
    [InlineData(
        "train --model wrn --depth 4",
        "--depth of wrn must be 6k + 4, such as 10, 16 or 28, up to 100; got 4."
    )]
    [InlineData("train --model vit --depth 0", "--depth must be a whole number from 1 to 2147483647; got '0'.")]
    [InlineData("train --model vit --width 5000", "--width of vit must be from 1 to 4096; got 5000.")]
    [InlineData(
        "train --model cnn --width 5",
        "--width is for --model wrn, vit, gnn, rnn, vgg; got --model cnn: leave it out."
    )]
    [InlineData(
        "train --model vit --width 30",
        "--width must be a multiple of --heads, 4; got 30: change one of them."
    )]
    [InlineData("train --model gnn --heads 2", "--heads is for --model vit; got --model gnn: leave it out.")]
    [InlineData("train --model rnn --pooling token", "--pooling is for --model vit; got --model rnn: leave it out.")]
    [InlineData("train --model vit --pooling max", "--pooling must be one of mean, token; got 'max'.")]
    [InlineData("train --model vgg --cell gru", "--cell is for --model rnn; got --model vgg: leave it out.")]
    [InlineData("compare --model vit --norm none", "--norm is for --model wrn, vgg; got --model vit: leave it out.")]
    [InlineData("train --model wrn --hidden 400", "--hidden is for --model mlp; got --model wrn.")]
    [InlineData(
        "train --invert-every 5 --statistics-steps 6",
        "--statistics-steps must be at most --invert-every, 5; got 6."
    )]
    [InlineData("train --statistics-share 0", "--statistics-share must be a number above 0 and at most 1; got '0'.")]
    [InlineData("train --products half", "--products must be one of float32, bfloat16; got 'half'.")]
    [InlineData("train --invert-every 5 --stale-steps 6", "--stale-steps must be at most --invert-every, 5; got 6.")]
    [InlineData(
        "train --optimizer natural --stale-steps 1",
        "Inversions may run beside the steps where the matrix is a Kronecker product; 'natural' inverts in the step."
    )]
    [InlineData(
        "train --optimizer kfac-standard --products bfloat16",
        "Products may be in BFloat16 where the inverse is a Kronecker product; got BFloat16 for 'kfac-standard'."
    )]
    [InlineData(
        "train --optimizer shampoo --statistics-share 0.5",
        "StatisticsShare must be 1 for 'shampoo', which is made of gradients of whole batches; got 0.5."
    )]
    public void A_wrong_command_line_gets_one_sentence(string line, string sentence) =>
        Assert.Equal(
            sentence
                .Replace(
                    "{methods}",
                    string.Join(", ", Methods.all.Select(method => method.Name)),
                    StringComparison.Ordinal
                )
                .Replace("{models}", string.Join(", ", ModelKind.Names), StringComparison.Ordinal),
            CommandLine.Run(line.Split(' ')).Sentence(ExitCode.Usage)
        );

    [Theory]
    [InlineData("train")]
    [InlineData("info")]
    [InlineData("bench gram")]
    public void Threads_lie_between_one_and_four_for_each_processor(string command)
    {
        var most = Math.Max(2, 4 * Environment.ProcessorCount);
        foreach (var count in new[] { 0, most + 1, 100_000 })
        {
            var answer = CommandLine.Run([.. command.Split(' '), "--threads", $"{count}"]);
            Assert.Equal(
                $"--threads must be a whole number from 1 to {most}; got '{count}'.",
                answer.Sentence(ExitCode.Usage)
            );
        }
    }

    [Theory]
    [InlineData("train")]
    [InlineData("laplace")]
    [InlineData("continual")]
    [InlineData("validate")]
    [InlineData("bench step")]
    [InlineData("bench laplace")]
    public void A_missing_device_is_refused_at_once(string command) =>
        Assert.StartsWith(
            "--device cuda:99 ",
            CommandLine.Run([.. command.Split(' '), "--device", "cuda:99"]).Sentence(),
            StringComparison.Ordinal
        );

    [Fact]
    public void Help_lists_every_option_of_the_contract()
    {
        var help = CommandLine.Run("train", "--help");
        Assert.Equal(ExitCode.Success, help.Code);
        const string options =
            "data model optimizer epochs batch-size learning-rate damping momentum invert-every "
            + "statistics-steps subset depth width heads pooling cell norm seed threads out resume metrics";
        foreach (var option in options.Split(' '))
            Assert.Contains($"--{option} ", help.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void No_command_shows_the_help() =>
        Assert.Contains("train", CommandLine.Run().Output, StringComparison.Ordinal);

    [Theory]
    [InlineData("epochs", "epochs", 0)]
    [InlineData("epoch", "epochs", 1)]
    [InlineData("trian", "train", 1)]
    [InlineData("FOOF", "foof", 0)]
    [InlineData("", "foof", 4)]
    [InlineData("kitten", "sitting", 3)]
    public void Edits_are_counted(string from, string to, int edits) =>
        Assert.Equal(edits, Commands.Suggestion.Edits(from, to));
}

namespace Foof

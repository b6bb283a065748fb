// English sentences of many subjects for sentence encoders, and a tokenizer of unigram vocabularies that is enough for them.
// What is learnt on some of them is judged on the others.

const text = `The committee will publish its findings before the end of March. Two trains were cancelled because of snow on
the line. She learned to play the cello when she was seven years old. Prices of copper rose for the third week in a row.
Add the flour slowly and stir until the dough is smooth. Our flight was delayed, so we missed the connection in Denver.
The museum is closed on Mondays and public holidays. He forgot his umbrella at the office again. A small leak in the roof
can cause serious damage over time. How do I reset the password of my account? The patient reported mild pain after the
operation. Bees are important for the pollination of many crops. They argued about politics until midnight. The new phone has
a better camera and a larger battery. Please send the invoice to the accounting department. The river flooded the lower part
of the village. Can you recommend a good restaurant near the station? The experiment was repeated three times with the same
result. My grandmother keeps chickens behind her house. Interest rates are likely to stay high this year. The goalkeeper saved
two penalties in the final. It is illegal to park here between eight and ten. The novel tells the story of three sisters in
a small town. Solar panels on the roof provide half of our electricity. The dog barked at every stranger who passed the gate.
What time does the pharmacy open on Sunday? The engine makes a strange noise when it is cold. He was elected mayor with a
narrow majority. The children built a castle of sand on the beach. Water boils at a lower temperature in the mountains. The
company announced that it will hire two hundred engineers. I would like to change the date of my reservation. The bridge was
designed by a famous architect. Many birds fly south when the days get shorter. The judge dismissed the case for lack of
evidence. Her first album sold more than a million copies. Turn left at the church and follow the road to the lake. Vaccines
train the immune system to recognise a virus. The meeting has been moved to Thursday afternoon. There is no milk left in the
fridge. The satellite will measure the thickness of the ice. Students must hand in their essays by Friday. The soup needs a
little more salt and pepper. An old map of the city hung above the desk. Is it possible to pay in three instalments? The
volcano has been quiet for almost a century. He runs ten kilometres every morning before work. The shop sells bread, cheese
and fresh vegetables. The software update fixes several security problems. We watched the sunset from the top of the hill. The
minister refused to answer questions about the budget. A broken window let the cold air in. The cat slept in the sun all
afternoon. Which of these words does not belong to the others? The harvest was poor after a dry summer. She translated the
poem from Russian into English. The parcel arrived two days earlier than expected. Plants use sunlight to turn water and air
into sugar. The band played until the last guests had left. I am not sure whether this is the right address. The factory
produces parts for electric cars. Fishermen sold their catch directly at the harbour. The teacher explained the problem once
more. The contract can be ended with one month of notice. A light wind moved the leaves of the trees. The old theatre will be
restored next year. Do you know how to remove a stain of red wine? Researchers found traces of water on the moon. The boy hid
behind the curtain and laughed. The tax on sugar was introduced to improve public health. The lift is out of order, so please
use the stairs. My brother works as a nurse in a large hospital. The film was shot in black and white. The queue in front of
the bakery was very long. He apologised for the mistake and offered a refund. The telescope collects light from distant
galaxies. Some people prefer to read the news on paper. The road is closed because a tree has fallen. She found a letter from
her uncle in the attic. The orchestra rehearsed the symphony twice this week. Heavy rain is expected in the north tomorrow. The
recipe calls for two eggs and a cup of milk. The author signed copies of her book after the reading. Why is the sky blue
during the day and red in the evening? The insurance covers damage caused by storms. The puppy chewed on everything it could
find. A group of tourists waited in front of the cathedral. The team lost the match but won the championship. The battery of
the laptop lasts about nine hours. They planted apple trees along the fence. The president of the club resigned on Monday. I
bought a used bicycle for sixty euros. The library lends films and games as well as books. The witness could not remember the
colour of the car. The cave was discovered by two farmers. Please wash your hands before you prepare the food.`

/** A hundred sentences. */
export const sentences: readonly string[] = text
  .replaceAll('\n', ' ')
  .split(/(?<=[.?]) /)
  .map(each => each.trim())

/** The most probable pieces of a text under a unigram vocabulary of pieces and log probabilities (Kudo 2018), by Viterbi. */
export function unigramTokenizer(
  vocabulary: readonly (readonly [string, number])[],
): (text: string) => readonly number[] {
  const pieces = new Map(vocabulary.map(([piece, score], id) => [piece, { id, score }] as const))
  const longest = Math.max(...vocabulary.map(([piece]) => piece.length))
  return sentence => {
    const marked = `▁${sentence.replaceAll(' ', '▁')}`
    const best: { score: number; from: number; id: number }[] = [{ score: 0, from: 0, id: 0 }]
    for (let to = 1; to <= marked.length; to++) {
      best[to] = { score: (best[to - 1]?.score ?? 0) - 20, from: to - 1, id: 0 }
      for (let from = Math.max(0, to - longest); from < to; from++) {
        const piece = pieces.get(marked.slice(from, to))
        const score = (best[from]?.score ?? -Infinity) + (piece?.score ?? -Infinity)
        if (piece && piece.id > 5 && score > (best[to]?.score ?? -Infinity))
          best[to] = { score, from, id: piece.id }
      }
    }
    const ids: number[] = []
    for (let to = marked.length; to > 0; to = best[to]?.from ?? 0) ids.unshift(best[to]?.id ?? 0)
    return ids
  }
}

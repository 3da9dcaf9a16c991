/* T1 wake regions (WAITING 1). One STEP = one shared access or one futex call, seq_cst. Two systems: an mpmc ring, NS consumers
   that sleep and NW producers that wake; with SPSC one producer (sleeps on room, wakes data) and one consumer (the reverse).
   run:  spin DEFS -a wake_region.pml
         gcc -O2 -w -DSAFETY -DCOLLAPSE -DNOFAIR -DVECTORSZ=2048 -DMEMLIM=7500 -o pan pan.c; ./pan -E -m1000000 -w24

   Default rules = the recommended ones: the waker reads the bitmap ONCE after publishing and works through that copy; a sleeper that
   leaves without a message has looked at the ring after clearing its bit. AS_WRITTEN: the first wording (bitmap read anew at
   every turn; leaving without a look, and passing the wake-up on only if the own bit was gone); it needs LIM=7, because
   its bump count is unbounded. INTERRUPT: leaves without a look and always passes the wake-up on (interrupt()).

   MSGS per producer, BATCH publishes them all, then wakes once; ONESHOT: a consumer takes one message and is busy for
   ever (the strong property), else it drains; SPUR spurious wake-ups, EXITS deadline exits, ANY index of the waiter that matches
   every bitset, GHOST a dead port's bit is still set, BCAST every reader reads every message, CRASH deaths, BOUND sleeps
   time out; SPSC: N slots, free_pos stored every FB. LIM cuts runs by bumps per region; CHECKLIM asserts it is not reached.

   RECOVER (with SPSC): whoever finds a death does what the code does (docs/decisions/0005): bumps wake_seq of both regions, wakes
   all. So with it a death strands nobody, even where no sleep has a bound. BUG_RECOVER_NOBUMP: the wake call alone.

   Asserted at the end: no message (or room) with somebody asleep; all wakers done; with BOUND also after any crash.
   NOT modelled: the grace period, weak memory, the mpmc room side (a look only every N/4 positions), T2.

   Exhausted, no error (states); X = SPUR=1 EXITS=1            Must fail:
   NS=2 NW=1 MSGS=3 X                            825 203    BUG_NOLOOK  no second look          (1)
   NS=1 NW=2 MSGS=3 X                            827 770    BUG_LATE_READ  wake_seq read after the look (1)
   NS=2 NW=2 MSGS=1 X                          5 377 583    BUG_BUMP_FIRST  bump, clear, wake   (1)
   NS=2 NW=2 MSGS=1 ANY=1 X                    6 244 369    BUG_BUMP_LAST  clear, wake, bump    (1)
   ONESHOT NS=3 NW=1 MSGS=2 X          (1)     1 306 624    BUG_NOBUMP                          (1), BCAST MSGS=2
   ONESHOT NS=3 NW=1 MSGS=3 BATCH X              460 187      all five also with SPSC MSGS=4 SPUR=1
   ONESHOT NS=3 NW=1 MSGS=2 BATCH ANY=2 X (2)    474 401    BUG_NONEXT  "woke nobody: next bit" dropped
   (2) INTERRUPT                               3 031 279      (1) + BATCH;  NS=1 MSGS=1 GHOST
   ONESHOT NS=3 NW=2 MSGS=1 ANY=2 EXITS=1     17 053 475    BUG_NOCOUNT  n > woken dropped      (1) + BATCH
   ONESHOT NS=2 NW=1 MSGS=1 ANY=1 GHOST X (3)     38 635    BUG_NOLASTLOOK  leaves unseen       (1) + BATCH
   NS=2 MSGS=3 BCAST SPUR=1                      218 117    CRASH=1 without BOUND   NS=2 NW=1 MSGS=2
   BOUND: NS=2 NW=1 MSGS=3 SPUR=1 CRASH=1        935 465    AS_WRITTEN LIM=7        (2); (3)
          NS=2 NW=1 MSGS=2 X CRASH=2           1 129 155    AS_WRITTEN LIM=20 CHECKLIM  NS=2 NW=1 MSGS=2
          NS=1 NW=2 MSGS=2 SPUR=1 CRASH=1        229 085
          NS=2 NW=2 MSGS=1 SPUR=1 CRASH=1      6 426 283    Cut at 7 bumps, no error: AS_WRITTEN LIM=7
          NS=2 NW=1 MSGS=2 ANY=1 BATCH SPUR=1 CRASH=1         (1)                                8 920 340
                                                  96 297      (1) + BATCH                        2 039 422
   SPSC N=2 FB=2 MSGS=6 SPUR=1                    67 157    LIM=4 CHECKLIM NS=2 NW=1 MSGS=2 (holds) 57 962
   SPSC N=2 FB=2 MSGS=6 SPUR=1 CRASH=1 BOUND     151 048
   SPSC N=4 FB=2 MSGS=6 SPUR=1                    34 658    BUG_RECOVER_NOBUMP  SPSC MSGS=4 CRASH=1 RECOVER
   SPSC N=2 FB=2 MSGS=6 SPUR=1 CRASH=1 RECOVER   385 226    CRASH=1 without RECOVER and BOUND  SPSC MSGS=4
   SPSC N=4 FB=2 MSGS=6 SPUR=1 CRASH=1 BOUND      80 289                                                              */
#ifndef NS
#define NS 2
#endif
#ifndef NW
#define NW 1
#endif
#ifndef MSGS
#define MSGS 2
#endif
#ifndef SPUR
#define SPUR 0
#endif
#ifndef EXITS
#define EXITS 0
#endif
#ifndef CRASH
#define CRASH 0
#endif
#ifndef ANY
#define ANY 255                 /* index of the waiter that matches every bitset (futex_waitv); 255 = none */
#endif
#ifdef SPSC
#define NPORT 2
#elif defined(GHOST)
#define NPORT (NS+1)            /* the last one died long ago; its bit is still set */
#else
#define NPORT NS
#endif
#ifndef LIM
#define LIM 255                 /* executions with more bumps than this on one region are cut (needed without SNAP) */
#endif
#define DATA 0
#define ROOM 1
#define BUMP(r) if :: wake_seq[r]<LIM -> wake_seq[r]++ :: else -> cut=1; goto crashed fi
#define BIT(i) (1<<(i))
#define STEP(...) if :: atomic { __VA_ARGS__ } :: atomic { crashes>0 -> crashes--; goto crashed } fi

byte wake_seq[2], sleepers[2];  /* the two wake regions                                        */
byte fut[NPORT];                /* kernel: 0 awake, 1+region: asleep on that region's wake_seq */
bit  dead[NPORT], cut;
byte avail;                     /* messages in the ring (mpmc side)                            */
byte wp, rp, fp;                /* spsc: write_pos, read_pos, free_pos                         */
byte spur=SPUR, exits=EXITS, crashes=CRASH;
byte done_w;             /* ghosts */

/* ---- waker, steps 2 to 7, on region r for n messages ---------------------------------------------------------- */
inline wake(r, n) {
  STEP( s = sleepers[r]; woken = 0 );                                              /* 2 */
w2:
#ifdef AS_WRITTEN
  STEP( s = sleepers[r] );
#endif
  if :: s==0 -> goto w_done :: else fi;
  atomic { j = 0;                                                                  /* 3: any bit (rotation = any order) */
    do :: (s & BIT(j)) -> break
       :: j<NPORT-1 && (s>>(j+1)) -> j++
    od; s = s & ~BIT(j) }
#ifdef BUG_BUMP_FIRST
  STEP( BUMP(r) );
#endif
  STEP( if :: sleepers[r] & BIT(j) -> sleepers[r] = sleepers[r] & ~BIT(j) :: else -> j=0; goto w2 fi );   /* 4 */
#if !defined(BUG_BUMP_FIRST) && !defined(BUG_BUMP_LAST) && !defined(BUG_NOBUMP)
  STEP( BUMP(r) );                                                           /* 5 */
#endif
  STEP( k=0; hit=0;                                                                /* 6 */
    do :: k<NPORT -> if :: fut[k]==r+1 && (k==j || k==ANY) -> fut[k]=0; hit++ :: else fi; k++
       :: else -> break od; k=0; j=0 );
#ifdef BUG_BUMP_LAST
  STEP( BUMP(r) );
#endif
  atomic {
    woken = woken+hit;
    if
#ifndef BUG_NONEXT
    :: hit==0 -> goto w2                                                           /* woke nobody: next bit */
#endif
#ifndef BUG_NOCOUNT
    :: n>woken && hit -> hit=0; goto w2                                            /* 7 */
#endif
    :: else -> hit=0 fi };
w_done:
  atomic { s=0; woken=0; hit=0; j=0 };
}

/* ---- sleeper, steps 1 to 5, on region r; LOOK: is there something now ----------------------------------------- */
inline nap(r, LOOK) {
#ifdef BUG_LATE_READ
  STEP( sleepers[r] = sleepers[r] | BIT(me) );
  STEP( if :: LOOK -> goto s5 :: else fi );
  STEP( w = wake_seq[r] );
#else
  STEP( w = wake_seq[r] );                                                         /* 1 */
  STEP( sleepers[r] = sleepers[r] | BIT(me) );                                     /* 2 */
#ifndef BUG_NOLOOK
  STEP( if :: LOOK -> goto s5 :: else fi );                                        /* 3 */
#endif
#endif
  STEP( if :: wake_seq[r]==w -> fut[me]=r+1 :: else -> goto s5 fi );               /* 4 */
asleep:
  if :: fut[me]==0                                                                 /* woken, or the bound (see clock) */
     :: atomic { fut[me] && spur>0 -> spur--; fut[me]=0 }                          /* spurious */
     :: atomic { fut[me] && exits>0 -> exits--; late=1; fut[me]=0 }                /* deadline */
     :: atomic { crashes>0 -> crashes--; goto crashed } fi;
s5:
  STEP( mine = ((sleepers[r] & BIT(me)) != 0); sleepers[r] = sleepers[r] & ~BIT(me); w=0;        /* 5 */
        if :: !late && exits>0 -> exits--; late=1 :: true fi )                     /* the deadline may pass anywhere */
}

#ifdef BCAST                    /* every reader reads every message: nothing is taken away */
#define HAVE (got[me]<avail)
#define TAKE got[me]++
byte got[NS];
#else
#define HAVE (avail>0)
#define TAKE avail--
#endif
#ifndef SPSC
proctype S(byte me) {                       /* an mpmc consumer */
  byte w, s, j, k, hit, woken; bit mine, late;
again:
  STEP( if :: HAVE -> TAKE; late=0; mine=0;
#ifdef ONESHOT
             goto out                       /* takes one message and is busy for ever */
#else
             goto again
#endif
          :: !HAVE && late -> goto leave
          :: !HAVE && !late fi );
  nap(DATA, HAVE);
#if !defined(AS_WRITTEN) && !defined(INTERRUPT) && !defined(BUG_NOLASTLOOK)
  goto again;                               /* 6: every wait ends with a look after step 5; empty and late: leave */
leave:
#else
  if :: !late -> goto again :: else fi;     /* leaves without having looked */
leave:
#ifdef AS_WRITTEN
  if :: mine -> goto out :: else fi;
#endif
#ifndef BUG_NOLASTLOOK
  wake(DATA, 1);                            /* 6: passes the wake-up on */
#endif
#endif
  goto out;
crashed: atomic { fut[me]=0; dead[me]=1 };
out: atomic { w=0; mine=0; late=0 }
}
proctype W(byte id) {                       /* an mpmc producer */
  byte s, j, k, hit, woken, m;
next:
  STEP( m++; avail++ );                     /* 1 */
#ifdef BATCH
  if :: m<MSGS -> goto next :: else fi;
  wake(DATA, MSGS);
#else
#ifdef BCAST
  STEP( s = sleepers[DATA]; sleepers[DATA] = 0; if :: s==0 -> goto told :: else fi );   /* exchange */
#ifndef BUG_NOBUMP
  STEP( BUMP(DATA) );
#endif
  STEP( do :: k<NPORT -> fut[k]=0; k++ :: else -> break od; k=0 );                       /* FUTEX_WAKE(all) */
told: s=0;
#else
  wake(DATA, 1);
#endif
  if :: m<MSGS -> goto next :: else fi;
#endif
crashed: atomic { done_w++; s=0; j=0; k=0; m=0; hit=0; woken=0 }
}
#ifdef BCAST
#define STUCK ((fut[0] && got[0]<avail) || (fut[1] && got[1]<avail))
#else
#define STUCK (avail>0 && anyone)
#endif
#else
#ifndef N
#define N 2
#endif
#ifndef FB
#define FB 1                                /* free_pos is stored every FB messages and when a poll finds nothing */
#endif
proctype P(byte me) {                       /* spsc producer, index 0: sleeps on ROOM, wakes DATA */
  byte w, s, j, k, hit, woken, m; bit mine, late;
again:
  if :: m==MSGS -> goto crashed :: else fi;
  STEP( if :: wp-fp<N -> wp++; m++ :: else -> goto isfull fi );
  wake(DATA, 1);
  goto again;
isfull:
  nap(ROOM, wp-fp<N);
  goto again;
crashed: atomic { fut[me]=0; dead[me]=1; done_w++; w=0; s=0; m=0; mine=0 }
}
proctype C(byte me) {                       /* spsc consumer, index 1: sleeps on DATA, wakes ROOM */
  byte w, s, j, k, hit, woken; bit mine, late;
again:
  STEP( if :: rp<wp -> rp++; if :: rp-fp>=FB :: else -> goto again fi
          :: else -> if :: rp==fp -> goto isempty :: else fi fi );
  STEP( fp = rp );
  wake(ROOM, 1);
  goto again;
isempty:
  nap(DATA, rp<wp);
  goto again;
crashed: atomic { fut[me]=0; dead[me]=1; w=0; s=0; mine=0 }
}
#define STUCK ((fut[0] && wp-fp<N) || (fut[1] && rp<wp))
#ifdef RECOVER
inline wake_everybody(r) {
#ifndef BUG_RECOVER_NOBUMP
  atomic { BUMP(r) };
#endif
  atomic { k=0; do :: k<NPORT -> if :: fut[k]==r+1 -> fut[k]=0 :: else fi; k++ :: else -> break od; k=0 }
}
proctype Rec() {
  byte k;
  (dead[0] || dead[1]);
  wake_everybody(DATA);
  wake_everybody(ROOM);
crashed: skip
}
#endif
#endif

init {
  byte i; bit anyone;
  atomic {
#ifdef SPSC
    run P(0); run C(1);
#ifdef RECOVER
    run Rec()
#endif
#else
#ifdef GHOST
    sleepers[DATA] = BIT(NS);
#endif
    do :: i<NS -> run S(i); i++ :: else -> break od; i=0;
    do :: i<NW -> run W(i); i++ :: else -> break od; i=0
#endif
  }
clock:
  atomic { timeout ->
#ifdef CHECKLIM
    assert(!cut);
#endif
    if :: cut -> goto stop :: else fi;
    i=0; anyone=0; do :: i<NPORT -> if :: fut[i] -> anyone=1 :: else fi; i++ :: else -> break od; i=0;
#ifdef BOUND
    if :: STUCK -> do :: i<NPORT -> fut[i]=0; i++ :: else -> break od; i=0; goto clock   /* 4 ms pass */
       :: else fi;
#else
    assert(!STUCK);
#endif
#ifdef SPSC
    if :: !dead[1] -> assert(done_w==1 && rp==wp) :: else fi
#else
    assert(done_w==NW)
#endif
  };
stop: i=0
}
